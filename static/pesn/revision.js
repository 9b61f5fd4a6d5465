// Los atajos de la revisión. Una tecla suelta sólo mueve el foco o marca: nada se decide sin
// presionar además un botón. Se apagan para quien dicta o usa su propio teclado (WCAG 2.1.4).
(() => {
  "use strict";

  const panel = document.querySelector("details[data-atajos]");
  if (!panel) return;
  const CLAVE = "pesn-atajos";
  const usar = panel.querySelector("#usar-atajos");
  const enLaCola = panel.dataset.atajos === "cola";

  function recordado() {
    try {
      return localStorage.getItem(CLAVE) !== "no";
    } catch {
      return true;
    }
  }
  usar.checked = recordado();
  usar.addEventListener("change", () => {
    try {
      localStorage.setItem(CLAVE, usar.checked ? "si" : "no");
    } catch {
      // Sin dónde recordarlo, vale para esta página.
    }
  });

  function lugares() {
    if (enLaCola) return [...document.querySelectorAll("[data-renglon] a[href*='/revision/']")];
    return [...document.querySelectorAll("[data-campo] > h3")].filter((uno) => uno.checkVisibility());
  }
  function donde(todos) {
    const ambito = document.activeElement.closest(enLaCola ? "[data-renglon]" : "[data-campo]");
    return ambito ? todos.findIndex((uno) => ambito.contains(uno)) : -1;
  }
  function ir(paso) {
    const todos = lugares();
    if (!todos.length) return;
    const aqui = donde(todos);
    const a = aqui < 0 ? (paso > 0 ? 0 : todos.length - 1) : aqui + paso;
    const destino = todos[Math.max(0, Math.min(a, todos.length - 1))];
    destino.focus();
    destino.scrollIntoView({ block: "nearest" });
  }
  function enfocar(selector) {
    const boton = document.querySelector(selector);
    boton?.focus();
    boton?.scrollIntoView({ block: "nearest" });
  }
  function observar() {
    const campo = document.activeElement.closest("[data-campo]") ?? document.querySelector("[data-campo]");
    const pliegue = campo?.querySelector("details[data-observar]");
    if (!pliegue) return;
    pliegue.open = true;
    pliegue.querySelector("textarea").focus();
  }
  function marcar() {
    const marca = document.activeElement.closest("[data-renglon]")?.querySelector("[name=avance]");
    if (marca) marca.checked = !marca.checked;
  }
  function marcarSinReparos() {
    const marcas = [...document.querySelectorAll("[data-sin-reparos]")];
    const todas = marcas.every((una) => una.checked);
    for (const una of marcas) una.checked = !todas;
  }
  function abrir() {
    panel.open = !panel.open;
    panel.querySelector("summary").focus();
  }

  const TECLAS = enLaCola
    ? { j: () => ir(1), k: () => ir(-1), x: marcar, m: marcarSinReparos }
    : {
        j: () => ir(1),
        k: () => ir(-1),
        o: observar,
        v: () => enfocar("[data-atajo=validar]"),
        e: () => enfocar("[data-atajo=observar]"),
        s: () => document.querySelector("[data-atajo=siguiente]")?.click(),
      };
  TECLAS["?"] = abrir;

  // La imagen se ve aquí mismo; el PDF abre aparte. Verla deja constancia: sólo si se pide.
  document.addEventListener("click", (evento) => {
    const enlace = evento.target.closest("a[data-vista]");
    if (!enlace || evento.ctrlKey || evento.metaKey || evento.shiftKey) return;
    evento.preventDefault();
    const puesta = enlace.parentElement.querySelector("img.vista-previa");
    if (puesta) {
      puesta.remove();
      return;
    }
    const imagen = document.createElement("img");
    imagen.className = "vista-previa";
    imagen.alt = `Vista previa de ${enlace.dataset.vista}`;
    imagen.src = enlace.href;
    enlace.parentElement.append(imagen);
  });

  document.addEventListener("keydown", (evento) => {
    if (evento.key === "Escape" && panel.open) {
      panel.open = false;
      panel.querySelector("summary").focus();
      return;
    }
    if (!usar.checked || evento.ctrlKey || evento.metaKey || evento.altKey || evento.isComposing) return;
    const escribe = evento.target.closest("textarea, select, [contenteditable], input:not([type=checkbox])");
    const acto = TECLAS[evento.key];
    if (escribe || !acto) return;
    evento.preventDefault();
    acto();
  });
})();
