-- wrk's script: prints what was measured as JSON and, when asked by "replies FIRST LAST", sends replies instead of
-- reading, each by the next of those whose cookies it is given. Times are in microseconds.

local asked, serial, writers = {}, 0, {}
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("thread_number", threads)
end

function init(arguments)
  asked = arguments
  if asked[1] == "replies" then
    math.randomseed(thread_number)
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    for cookie in string.gmatch(asked[6], "[^,]+") do
      local headers = { ["Cookie"] = cookie }
      for name, value in pairs(wrk.headers) do
        headers[name] = value
      end
      writers[#writers + 1] = headers
    end
  end
end

function request()
  if asked[1] ~= "replies" then
    return wrk.format()
  end
  serial = serial + 1
  local place = math.random(tonumber(asked[2]), tonumber(asked[3]))
  -- Each form is sent once: a submission that was seen before would write nothing.
  local submission = "&submission=" .. asked[4] .. "-" .. thread_number .. "-" .. serial
  local headers = writers[serial % #writers + 1]
  return wrk.format(nil, "/threads/" .. place .. "/replies", headers, "body=" .. asked[5] .. submission)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nmeasured {"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, "longest": %d, '
      .. '"refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
