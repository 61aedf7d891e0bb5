// Measures a page as it stands: what leaves it sideways, and what is too small to be hit. Read by test_layout.py.
(() => {
  const name = (element) => {
    const classes = typeof element.className === "string" ? element.className : "";
    const id = element.id ? `#${element.id}` : "";
    const text = (element.textContent || element.getAttribute("aria-label") || "").trim().slice(0, 30);
    return `${element.localName}${id}${classes && `.${classes.trim().replace(/\s+/g, ".")}`} “${text}”`;
  };
  // In the top layer of what is painted: visible, and cut by no ancestor that scrolls or clips on its own.
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const isCut = (element) => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.clipPath !== "none") return true;
      if (at !== element && style.overflowX !== "visible") return true;
    }
    return false;
  };
  const outside = (root) =>
    [...root.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      const leaves = box.left < -1 || box.right > document.documentElement.clientWidth + 1;
      return leaves && box.width && isShown(element) && !isCut(element);
    });

  // Whatever leaves the page sideways, first with all menus closed, then inside each menu once it is opened.
  window.stoaOverflow = () => {
    const root = document.documentElement;
    const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} wide`] : [];
    found.push(...outside(document.body).map(name));
    for (const menu of document.querySelectorAll("details:not([open])")) {
      if (!isShown(menu)) continue;
      menu.open = true;
      found.push(...outside(menu).map((element) => `opened: ${name(element)}`));
      if (root.scrollWidth > root.clientWidth) found.push(`opened: ${name(menu)} widens the page`);
      menu.open = false;
    }
    return [...new Set(found)].slice(0, 12);
  };

  // A link in the midst of a sentence may be as low as its line. A radio button or box inside a label is its label, and
  // a link that is spread over a row is the row.
  const isInText = (element) => {
    if (element.localName !== "a" || getComputedStyle(element).display !== "inline") return false;
    return element.closest(".prose") || element.parentElement.textContent.trim().length > element.textContent.trim().length + 1;
  };
  const target = (element) => {
    const isSpread = getComputedStyle(element, "::after").position === "absolute";
    return isSpread ? element.closest("li") : (element.closest("label") ?? element);
  };
  const targets = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  window.stoaSmall = (least) => {
    const small = new Set();
    const look = () => {
      for (const element of document.querySelectorAll(targets)) {
        if (!isShown(element) || isInText(element) || element.matches(".skip")) continue;
        const box = target(element).getBoundingClientRect();
        if (box.width < least - 0.1 || box.height < least - 0.1)
          small.add(`${name(element)} is ${box.width.toFixed(1)} × ${box.height.toFixed(1)}`);
      }
    };
    const menus = [...document.querySelectorAll("details:not([open])")];
    look();
    menus.forEach((menu) => { menu.removeAttribute("name"); menu.open = true; });
    look();
    menus.forEach((menu) => (menu.open = false));
    return [...small].slice(0, 12);
  };
})();
