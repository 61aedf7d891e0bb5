// A large file shows how much of it has been sent. Without this the plain form does the same, only silently.
(() => {
  if (window.showsUploads) return;
  window.showsUploads = true;
  const settle = (form, request) => {
    const came = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
    if (request.status < 400 || !came) return location.assign(request.responseURL || location.href);
    document.querySelector("main").replaceWith(came);
    came.querySelector("[autofocus]")?.focus();
  };
  const send = (form) => {
    const [request, bar, button] = [new XMLHttpRequest(), form.querySelector("progress"), form.querySelector("button")];
    request.open("POST", form.action);
    request.upload.onprogress = ({ loaded, total }) => (bar.value = (100 * loaded) / total);
    request.onload = () => settle(form, request);
    request.onerror = () => {
      document.getElementById("unreachable").hidden = false;
      [bar.hidden, button.disabled] = [true, false];
    };
    [bar.hidden, button.disabled] = [false, true];
    request.send(new FormData(form));
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-upload]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    send(event.target);
  }, true);
})();
