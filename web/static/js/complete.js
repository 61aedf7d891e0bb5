// People to choose from while a name is typed: after an @ in a text, and in fields for a person. Without script one
// types the link or the address.
(() => {
  if (window.completesNames) return;
  window.completesNames = true;
  const MENTION = /(?:^|[\s(])@([^\s@()[\]]{2,40}(?: [^\s@()[\]]{1,40})?)$/u;
  let box, field, asking, timer, chosen;

  const kindOf = (target) =>
    target.matches?.(".composer textarea") ? "mentions" : target.matches?.("input[data-people]") ? "people" : null;
  const typed = (target, kind) => {
    if (kind === "people") return target.value.trim();
    return MENTION.exec(target.value.slice(0, target.selectionStart))?.[1] ?? "";
  };
  const options = () => [...(box?.querySelectorAll("[role=option]") ?? [])];
  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    box?.remove();
    for (const name of ["aria-activedescendant", "aria-controls", "aria-autocomplete"]) field?.removeAttribute(name);
    box = field = chosen = undefined;
  };
  const mark = (number) => {
    const all = options();
    chosen = all[(number + all.length) % all.length];
    all.forEach((one) => one.setAttribute("aria-selected", String(one === chosen)));
    field.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  };
  const take = (option) => {
    const { address, name } = option.dataset;
    if (kindOf(field) === "people") field.value = address;
    else {
      const end = field.selectionStart;
      const start = end - typed(field, "mentions").length - 1;
      const plain = name.replace(/[\\[\]*_`<]/g, "\\$&");
      field.setRangeText(`[@${plain}](/people/${address}) `, start, end, "end");
    }
    const filled = field;
    close();
    filled.focus();
    filled.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const open = (target, html) => {
    const came = new DOMParser().parseFromString(html, "text/html").getElementById("options");
    if (!came?.querySelector("[role=option]")) return close();
    box?.remove();
    [field, box] = [target, came];
    const holder = field.closest(".composer-sheet, .field") ?? field.parentElement;
    holder.classList.add("complete-place");
    holder.append(box);
    field.setAttribute("aria-controls", box.id);
    field.setAttribute("aria-autocomplete", "list");
    mark(0);
  };
  const ask = async (target, kind, text) => {
    asking?.abort();
    asking = new AbortController();
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "ul#options" };
    const address = `/completions/${kind}?q=${encodeURIComponent(text)}`;
    const answer = await fetch(address, { headers, signal: asking.signal }).catch(() => null);
    if (answer?.ok && typed(target, kind) === text) open(target, await answer.text());
  };

  document.addEventListener("input", ({ target, isTrusted }) => {
    const kind = isTrusted && kindOf(target);
    if (!kind) return;
    const text = typed(target, kind);
    clearTimeout(timer);
    if (text.length < 2) return close();
    timer = setTimeout(() => ask(target, kind, text), 200);
  });
  document.addEventListener("keydown", (event) => {
    if (!box || event.target !== field) return;
    const at = options().indexOf(chosen);
    const acts = { ArrowDown: () => mark(at + 1), ArrowUp: () => mark(at - 1), Enter: () => take(chosen), Tab: () => take(chosen), Escape: close };
    if (!acts[event.key] || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }, true);
  document.addEventListener("mousedown", (event) => {
    const option = box && event.target.closest?.("[role=option]");
    if (!option || !box.contains(option)) return;
    event.preventDefault();
    take(option);
  });
  document.addEventListener("focusout", ({ target }) => target === field && close());
})();
