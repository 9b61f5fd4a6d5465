// La lista del semestre: marcar todas de una vez y contar las marcadas. Sin esto, una por una.
(() => {
  "use strict";

  const formulario = document.getElementById("marcadas");
  if (!formulario) return;
  const casillas = [...document.querySelectorAll("input[name=avance][form=marcadas]")];
  const cuantas = formulario.querySelector("[data-cuantas]");

  function contar() {
    const marcadas = casillas.filter((una) => una.checked).length;
    cuantas.textContent = `(${marcadas})`;
    for (const cabeza of cabezas) {
      const suyas = cabeza.suyas.filter((una) => una.checked).length;
      cabeza.casilla.checked = suyas > 0 && suyas === cabeza.suyas.length;
      cabeza.casilla.indeterminate = suyas > 0 && suyas < cabeza.suyas.length;
    }
  }

  const cabezas = [...document.querySelectorAll("[data-marca-todas]")].map((sitio) => {
    const casilla = document.createElement("input");
    casilla.type = "checkbox";
    casilla.className = "form-check-input";
    casilla.setAttribute("aria-label", "Marcar todas las que se ven");
    sitio.replaceChildren(casilla);
    const cabeza = { casilla, suyas: casillas };
    casilla.addEventListener("change", () => {
      for (const una of cabeza.suyas) una.checked = casilla.checked;
      contar();
    });
    return cabeza;
  });

  document.addEventListener("change", (evento) => {
    if (casillas.includes(evento.target)) contar();
  });
  contar();
})();
