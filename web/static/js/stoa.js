// What the pages gain from script beside htmx: times in the reader's zone, menus that close, words that are never lost.
(() => {
  const lang = document.documentElement.lang;
  const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
  const weekday = new Intl.DateTimeFormat(lang, { weekday: "short" });
  const date = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short" });
  const older = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", year: "numeric" });
  const whole = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short" });

  const localise = (time) => {
    const when = new Date(time.dateTime);
    if (isNaN(when)) return;
    const midnight = new Date().setHours(0, 0, 0, 0);
    const days = Math.ceil((midnight - when) / 864e5);
    const short = when.getFullYear() === new Date().getFullYear() ? date : older;
    if (days <= 0) time.textContent = clock.format(when);
    else if (days < 7) time.textContent = `${weekday.format(when)} ${clock.format(when)}`;
    else time.textContent = "day" in time.dataset ? short.format(when) : `${short.format(when)}, ${clock.format(when)}`;
    time.title = whole.format(when);
  };

  // The composer never loses a word: what is typed waits in this tab until it was sent.
  const store = window.sessionStorage;
  const slot = (area) => `draft ${location.pathname} ${area.form?.getAttribute("action")}`;
  const remember = (area) => {
    if (!area.value) area.value = store.getItem(slot(area)) ?? "";
    area.addEventListener("input", () => store.setItem(slot(area), area.value));
  };

  const dress = (root) => {
    root.querySelectorAll("time[datetime]").forEach(localise);
    root.querySelectorAll(".composer textarea").forEach(remember);
    root.querySelectorAll(".prose :is(pre, table)").forEach((part) => {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    });
  };

  const menus = () => document.querySelectorAll(":is(.key_chip, .sheet)[open]");
  document.addEventListener("click", (event) => {
    menus().forEach((menu) => menu.contains(event.target) || (menu.open = false));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus().forEach((menu) => {
      const held = menu.contains(document.activeElement);
      menu.open = false;
      if (held) menu.querySelector("summary").focus();
    });
  });
  // One's own key: what is chosen shows on the chip at once; it counts when the form is saved.
  document.addEventListener("change", ({ target }) => {
    const chip = target.closest(".key_choice");
    if (!chip) return;
    const [option, face] = [target.closest("label"), chip.querySelector("summary")];
    chip.className = `key_chip key_choice end ${target.dataset.scope}`;
    face.querySelector("svg").replaceWith(option.querySelector("svg").cloneNode(true));
    face.querySelector(".key_chip-word").textContent = option.querySelector(".key_choice-word").textContent;
  });
  document.addEventListener("submit", (event) => {
    if (event.target.action.endsWith("/sign-out")) store.clear();
  });

  // A refused form stays where it is: the address of its action is not a page to come back to.
  let answered = null;
  document.addEventListener("htmx:before:swap", (event) => (answered = event.detail.ctx));
  document.addEventListener("htmx:before:history:update", (event) => {
    const { raw } = event.detail.response ?? {};
    if (answered?.request.method !== "GET" && raw && !raw.redirected) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    if (ctx.request?.method === "POST" && ctx.response?.raw.redirected && ctx.request.form) {
      const area = ctx.request.form.querySelector(".composer textarea");
      if (area) store.removeItem(`draft ${ctx.from} ${ctx.request.form.getAttribute("action")}`);
    }
    dress(document);
    if (document.activeElement === document.body) {
      const goal = location.hash && document.getElementById(location.hash.slice(1));
      (goal || document.getElementById("main")).focus({ preventScroll: true });
    }
  });
  document.addEventListener("htmx:config:request", (event) => (event.detail.ctx.from = location.pathname));

  document.addEventListener("DOMContentLoaded", () => dress(document));
  if (document.readyState !== "loading") dress(document);
})();
