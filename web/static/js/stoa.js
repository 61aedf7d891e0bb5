// What pages gain from script beside htmx: times in the reader's zone, menus that close, words that are never lost.
(() => {
  const lang = document.documentElement.lang;
  const all = (what, root = document) => root.querySelectorAll(what);
  const format = (options) => { const f = new Intl.DateTimeFormat(lang, options); return (when) => f.format(when); };
  const clock = format({ hour: "numeric", minute: "2-digit" });
  const weekday = format({ weekday: "short" });
  const day = format({ day: "numeric", month: "short" });
  const date = format({ dateStyle: "medium" });
  const whole = format({ dateStyle: "full", timeStyle: "short" });
  const today = new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(0, "day");

  const localise = (time) => {
    const when = new Date(time.dateTime);
    if (isNaN(when)) return;
    const now = new Date();
    const days = Math.ceil((now.setHours(0, 0, 0, 0) - when) / 864e5); // below 0 from tomorrow on
    const short = days >= 0 && days < 7 ? weekday(when) : when.getFullYear() === now.getFullYear() ? day(when) : date(when);
    const isDay = "day" in time.dataset;
    const hour = isDay && when % 864e5 === 0 ? today : clock(when); // of some days nobody kept the hour
    time.textContent = days === 0 ? hour : isDay ? short : `${short}, ${clock(when)}`;
    time.title = whole(when);
  };

  // The composer never loses a word: what is typed waits in this tab until it was sent.
  const store = window.sessionStorage;
  const action = (form) => form?.getAttribute("action") ?? "";
  const slot = (form, path = location.pathname) => `draft ${path} ${action(form)}`;

  const dress = () => {
    all('time[datetime*="T"]').forEach(localise); // a mere day is the same everywhere
    all(".composer textarea").forEach((area) => (area.value ||= store.getItem(slot(area.form)) ?? ""));
    all(".prose :is(pre, table)").forEach((part) => part.scrollWidth > part.clientWidth && (part.tabIndex = 0));
  };
  const land = (goal) => {
    if (!goal) return;
    goal.scrollIntoView();
    const area = goal.querySelector("textarea");
    if (!area) goal.tabIndex = -1;
    (area ?? goal).focus({ preventScroll: true });
  };

  document.addEventListener("input", ({ target }) => {
    if (target.closest(".composer")) store.setItem(slot(target.form), target.value);
  });
  // One's own key: the choice shows on the chip at once; it counts when the form is saved.
  document.addEventListener("change", ({ target }) => {
    const chip = target.closest(".key_choice");
    if (!chip) return;
    const [option, face] = [target.closest("label"), chip.querySelector("summary")];
    chip.className = `key_chip key_choice end ${target.dataset.scope}`;
    face.querySelector("svg").replaceWith(option.querySelector("svg").cloneNode(true));
    face.querySelector(".key_chip-word").textContent = option.querySelector(".key_options-word").textContent;
    chip.parentElement.querySelector(".key_choice-reach").textContent = target.dataset.reach;
  });
  const menus = () => all(":is(.key_chip, .sheet)[open]");
  document.addEventListener("click", ({ target }) => menus().forEach((m) => m.contains(target) || (m.open = false)));
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") menus().forEach((menu) => {
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    });
  });
  document.addEventListener("submit", ({ target }) => action(target) === "/sign-out" && store.clear());

  // A form that was refused stays where it is: the address of its action is no page to come back to.
  const on = (event, act) => document.addEventListener(`htmx:${event}`, ({ detail }) => act(detail.ctx));
  let last;
  on("config:request", (ctx) => (ctx.from = location.pathname));
  on("before:swap", (ctx) => (last = ctx));
  document.addEventListener("htmx:before:history:update", (event) => {
    if (last?.request?.method === "POST" && !last.response?.raw.redirected) event.preventDefault();
  });
  const unreachable = (is) => (document.getElementById("unreachable").hidden = !is);
  on("error", () => unreachable(true));
  on("after:request", (ctx) => {
    const { request, response, from } = ctx;
    unreachable(false);
    if (request.form && response.raw.redirected) store.removeItem(slot(request.form, from));
    // A whole page in answer to a fragment is an error page: it takes the whole body. Who only writes is left in peace.
    if (!/^\s*<!doctype/i.test(ctx.text)) return;
    const isAside = ctx.sourceElement.matches("datalist");
    Object.assign(ctx, isAside ? { swap: "none" } : { target: document.body, swap: "innerHTML show:top" });
  });
  on("after:swap", ({ request, response }) => {
    dress();
    const { activeElement: held, body } = document;
    if (held?.matches("[autofocus]")) return held.scrollIntoView({ block: "center" });
    const path = response?.raw.redirected ? request.action.split("?")[0] : "";
    const post = path.match(/^\/posts\/(\d+)/);
    if (post) land(document.getElementById(`post-${post[1]}`));
    else if (path.endsWith("/replies")) land([...all(".thread > .post")].pop());
    else if (held === body) land(location.hash ? document.getElementById(location.hash.slice(1)) : null);
    if (document.activeElement === body) document.getElementById("main").focus({ preventScroll: true });
  });

  // The bell asks for its own block every minute, as long as somebody may be looking.
  const ring = async () => {
    const bell = document.getElementById("bell");
    if (!bell || document.hidden) return;
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "a#bell" };
    const answer = await fetch("/notices/unseen", { headers }).catch(() => null);
    const text = answer?.ok && !answer.redirected ? await answer.text() : "";
    const now = new DOMParser().parseFromString(text, "text/html").getElementById("bell");
    if (!now || !bell.isConnected) return;
    bell.setAttribute("aria-label", now.getAttribute("aria-label"));
    bell.replaceChildren(...now.childNodes);
  };
  setInterval(ring, 6e4);
  document.addEventListener("visibilitychange", ring);

  dress();
  if (location.hash === "#reply") land(document.getElementById("reply"));
})();
