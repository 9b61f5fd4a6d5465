// Lo que htmx no hace solo: sesión vencida, errores, foco y el atajo del buscador.
// Sin este archivo todo sigue funcionando, con una página entera por cada acto.
(() => {
  "use strict";

  const cuerpo = document.body;
  const avisos = document.getElementById("avisos");
  let hayTextoSinGuardar = false;

  function avisar(texto, enlace) {
    const caja = document.createElement("div");
    caja.className = "alert alert-danger";
    caja.setAttribute("role", "alert");
    caja.tabIndex = -1;
    caja.dataset.delNavegador = "";
    caja.append(texto);
    if (enlace) {
      const a = document.createElement("a");
      a.href = enlace.href;
      a.target = "_blank";
      a.rel = "noopener";
      a.textContent = enlace.texto;
      caja.append(" ", a, ".");
    }
    avisos.replaceChildren(caja);
    caja.focus();
  }

  function enfocarErrores() {
    document.querySelector("[data-errores]")?.focus();
  }

  // El secreto CSRF cambia al volver a entrar; el formulario abierto toma el vigente.
  function csrfVigente() {
    const galleta = document.cookie.match(/(?:^|; )(?:__Host-)?csrf=([^;]+)/);
    return galleta ? galleta[1] : null;
  }
  function renovarCsrf(formulario) {
    const campo = formulario.querySelector("input[name=csrfmiddlewaretoken]");
    const secreto = csrfVigente();
    if (campo && secreto) campo.value = secreto;
  }

  cuerpo.addEventListener("input", (evento) => {
    if (evento.target.form?.method === "post") hayTextoSinGuardar = true;
  });
  cuerpo.addEventListener("submit", (evento) => {
    if (evento.target.method !== "post") return;
    const pregunta = evento.submitter?.dataset.confirmar ?? evento.target.dataset.confirmar;
    if (pregunta && !confirm(pregunta)) {
      evento.preventDefault();
      return;
    }
    renovarCsrf(evento.target);
    hayTextoSinGuardar = false;
  });

  cuerpo.addEventListener("htmx:configRequest", (evento) => {
    const secreto = csrfVigente();
    if (secreto && evento.detail.verb !== "get") evento.detail.headers["X-CSRFToken"] = secreto;
    if (secreto && "csrfmiddlewaretoken" in evento.detail.parameters) {
      evento.detail.parameters.csrfmiddlewaretoken = secreto;
    }
  });

  // Lo que la página pide sola mientras se escribe no avisa ni quita el foco: lo hace su módulo.
  const callado = (evento) => evento.target.closest?.("[data-callado]") ?? null;

  cuerpo.addEventListener("htmx:beforeRequest", (evento) => {
    if (callado(evento)) return;
    avisos.querySelector("[data-del-navegador]")?.remove();
  });

  // Una página entera de entrada o de error no se mete dentro de un renglón.
  cuerpo.addEventListener("htmx:beforeSwap", (evento) => {
    const { xhr } = evento.detail;
    const marca = xhr.responseText.match(/<body[^>]* data-pagina="(entrada|error)"/);
    if (callado(evento) && xhr.status !== 200) evento.detail.shouldSwap = false;
    if (!marca) return;
    evento.detail.shouldSwap = false;
    if (callado(evento)) return;
    if (marca[1] === "entrada") {
      if (hayTextoSinGuardar) {
        avisar("Su sesión terminó. Lo que escribió sigue aquí: entre de nuevo en otra pestaña y vuelva a guardar.", {
          href: xhr.responseURL,
          texto: "Entrar en otra pestaña",
        });
      } else {
        location.reload();
      }
      return;
    }
    const pagina = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const partes = [...pagina.querySelectorAll("h1, [data-explicacion]")];
    avisar(partes.map((parte) => parte.textContent.trim()).join(". "));
  });
  cuerpo.addEventListener("htmx:afterRequest", (evento) => {
    if (!callado(evento) && evento.detail.successful && evento.detail.requestConfig.verb !== "get") hayTextoSinGuardar = false;
  });
  cuerpo.addEventListener("htmx:afterSettle", (evento) => {
    if (!callado(evento)) enfocarErrores();
  });
  cuerpo.addEventListener("htmx:responseError", (evento) => {
    if (!callado(evento) && evento.detail.xhr.status >= 500) {
      avisar("El servidor no pudo atender lo pedido. Lo que escribió sigue aquí: intente de nuevo en un minuto.");
    }
  });
  for (const falla of ["htmx:sendError", "htmx:timeout"]) {
    cuerpo.addEventListener(falla, (evento) => {
      if (callado(evento)) return;
      avisar("No hay conexión con el servidor. Lo que escribió sigue aquí: intente de nuevo cuando vuelva la red.");
    });
  }

  document.addEventListener("keydown", (evento) => {
    const abierto = document.querySelector("details.persona[open]");
    if (evento.key === "Escape" && abierto) {
      abierto.open = false;
      abierto.querySelector("summary").focus();
    }
    const escribe = evento.target.closest("input, textarea, select, [contenteditable]");
    if (evento.key === "/" && !escribe && !evento.ctrlKey && !evento.metaKey && !evento.altKey) {
      const buscador = document.getElementById("buscador");
      if (buscador) {
        evento.preventDefault();
        buscador.focus();
      }
    }
  });
  document.addEventListener("click", (evento) => {
    const abierto = document.querySelector("details.persona[open]");
    if (abierto && !abierto.contains(evento.target)) abierto.open = false;
  });

  // Las copias de lo escrito (captura.js) son de quien las escribió: se van al guardar, al salir,
  // a los siete días, o si en este navegador entra otra persona.
  const VIDA = 7 * 24 * 3600 * 1000;
  function limpiarCopias(sobra) {
    for (const almacen of [localStorage, sessionStorage]) {
      for (const llave of Object.keys(almacen)) {
        const partes = llave.match(/^pesn:copia:(\d+):(\d+)$/);
        if (partes && sobra(partes[1], partes[2], almacen.getItem(llave))) almacen.removeItem(llave);
      }
    }
  }
  function vencida(texto) {
    try {
      return Date.now() - JSON.parse(texto).dia > VIDA;
    } catch {
      return true;
    }
  }
  try {
    const { persona } = cuerpo.dataset;
    const hechas = [...document.querySelectorAll("[data-hecho^='guardado-']")].map((uno) => uno.dataset.hecho.slice(9));
    limpiarCopias((quien, avance, texto) => vencida(texto) || (persona && (quien !== persona || hechas.includes(avance))));
    cuerpo.addEventListener("submit", (evento) => {
      const destino = new URL(evento.submitter?.formAction || evento.target.action, location.href);
      if (destino.pathname.endsWith("/logout/")) limpiarCopias(() => true);
    });
  } catch {
    // Un navegador que no deja guardar nada tampoco tiene qué limpiar.
  }

  enfocarErrores();
})();
