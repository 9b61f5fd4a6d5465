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

  cuerpo.addEventListener("htmx:beforeRequest", () => {
    avisos.querySelector("[data-del-navegador]")?.remove();
  });

  // Una página entera de entrada o de error no se mete dentro de un renglón.
  cuerpo.addEventListener("htmx:beforeSwap", (evento) => {
    const { xhr } = evento.detail;
    const marca = xhr.responseText.match(/<body[^>]* data-pagina="(entrada|error)"/);
    if (!marca) return;
    evento.detail.shouldSwap = false;
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
    if (evento.detail.successful && evento.detail.requestConfig.verb !== "get") hayTextoSinGuardar = false;
  });
  cuerpo.addEventListener("htmx:afterSettle", enfocarErrores);
  cuerpo.addEventListener("htmx:responseError", (evento) => {
    if (evento.detail.xhr.status >= 500) {
      avisar("El servidor no pudo atender lo pedido. Lo que escribió sigue aquí: intente de nuevo en un minuto.");
    }
  });
  for (const falla of ["htmx:sendError", "htmx:timeout"]) {
    cuerpo.addEventListener(falla, () => {
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

  enfocarErrores();
})();
