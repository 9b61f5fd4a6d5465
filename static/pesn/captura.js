// La captura sola: guarda mientras se escribe, sube la evidencia y nunca pierde un texto.
// Sin este archivo todo sigue funcionando con los botones de la página.
(() => {
  "use strict";

  const formulario = document.getElementById("captura");
  if (!formulario) return;
  const { avance, autoguardar, subir, entrar, codigo } = formulario.dataset;
  const persona = document.body.dataset.persona;
  const estado = document.getElementById("estado-de-guardado");
  const avisos = document.getElementById("aviso-de-captura");
  const lado = document.getElementById("asi-quedara");
  const campoVersion = formulario.elements.namedItem("version");
  const PAUSA = 2000;
  const ESPERAS = [5000, 10000, 20000, 30000];
  const NO_SE_COPIAN = /^(version|csrfmiddlewaretoken|declaracion|evidencia-.*|elige_.*)$/;
  // Lo confidencial no queda en el disco de la máquina: vive lo que viva la pestaña.
  const almacen = "confidencial" in formulario.dataset ? sessionStorage : localStorage;
  const llave = `pesn:copia:${persona}:${avance}`;
  const exento = formulario.dataset.estado === "EXENTO";

  let sucio = false;
  let detenido = codigo === "version_ajena" || codigo === "estado";
  let enCurso = null;
  let reloj = 0;
  let fallas = 0;
  let pasa = false;

  // Lo escrito ---------------------------------------------------------------------------------
  function escrito() {
    const pares = [...new FormData(formulario)];
    return pares.filter(([nombre, valor]) => !NO_SE_COPIAN.test(nombre) && typeof valor === "string");
  }
  const huella = (pares) => JSON.stringify(pares.map(([n, v]) => [n, v.replace(/\r\n/g, "\n")]));
  const alAbrir = huella(escrito());

  function ficha() {
    const galleta = document.cookie.match(/(?:^|; )(?:__Host-)?csrf=([^;]+)/);
    return galleta ? galleta[1] : formulario.elements.namedItem("csrfmiddlewaretoken").value;
  }

  // La copia de este navegador -----------------------------------------------------------------
  function copiar() {
    const copia = { version: campoVersion.value, hora: hora(), dia: Date.now(), campos: escrito() };
    try {
      almacen.setItem(llave, JSON.stringify(copia));
    } catch {
      // Sin espacio o sin permiso: queda el autoguardado.
    }
  }
  function leerCopia() {
    try {
      return JSON.parse(almacen.getItem(llave));
    } catch {
      return null;
    }
  }
  function borrarCopia() {
    try {
      almacen.removeItem(llave);
    } catch {
      // Tampoco se pudo escribir.
    }
  }
  const hora = () => new Date().toLocaleTimeString("es-GT", { hour: "2-digit", minute: "2-digit", hour12: false });

  function reponer(campos) {
    for (const campo of formulario.elements) {
      if (!campo.name || NO_SE_COPIAN.test(campo.name) || campo.type === "hidden") continue;
      const valores = campos.filter(([nombre]) => nombre === campo.name).map(([, valor]) => valor);
      if (campo.type === "checkbox" || campo.type === "radio") campo.checked = valores.includes(campo.value);
      else if (campo.tagName !== "BUTTON") campo.value = valores[0] ?? "";
    }
  }

  // Qué se le dice a la persona ----------------------------------------------------------------
  function decir(texto, clase = "") {
    estado.textContent = texto;
    estado.className = `estado-de-guardado ${clase}`;
  }
  function avisar(clave, texto, acciones = [], clase = "warning") {
    if (avisos.dataset.clave === clave) return;
    avisos.dataset.clave = clave;
    const caja = document.createElement("div");
    caja.className = `alert alert-${clase} aviso`;
    caja.setAttribute("role", clase === "info" ? "status" : "alert");
    const parrafo = document.createElement("p");
    parrafo.textContent = texto;
    const botones = document.createElement("div");
    botones.className = "botones";
    for (const accion of acciones) {
      const nodo = document.createElement(accion.href ? "a" : "button");
      nodo.className = "btn btn-sm btn-outline-secondary";
      nodo.textContent = accion.texto;
      if (accion.href) {
        nodo.href = accion.href;
        nodo.target = "_blank";
        nodo.rel = "noopener";
      } else {
        nodo.type = "button";
        nodo.addEventListener("click", accion.hace);
      }
      botones.append(nodo);
    }
    caja.append(parrafo, botones);
    avisos.replaceChildren(caja);
  }
  function callar(...claves) {
    if (!claves.includes(avisos.dataset.clave)) return;
    delete avisos.dataset.clave;
    avisos.replaceChildren();
  }

  // Guardar solo -------------------------------------------------------------------------------
  // Contesta «bien», «corregir», «choque», «sesion» o «red».
  async function guardar(extra = {}) {
    clearTimeout(reloj);
    while (enCurso) await enCurso;
    if (detenido) return "choque";
    const pares = escrito();
    const datos = new URLSearchParams([...pares, ["version", campoVersion.value], ...Object.entries(extra)]);
    decir("Guardando…");
    let soltar;
    enCurso = new Promise((listo) => (soltar = listo));
    try {
      return await mandar(datos, huella(pares));
    } finally {
      enCurso = null;
      soltar();
    }
  }

  async function mandar(datos, mandado) {
    let respuesta;
    try {
      respuesta = await fetch(autoguardar, {
        method: "POST",
        body: datos,
        redirect: "manual",
        keepalive: datos.toString().length < 60000,
        headers: { Accept: "application/json", "X-CSRFToken": ficha() },
      });
    } catch {
      return sinRed("No hay conexión con el servidor.");
    }
    if (respuesta.type === "opaqueredirect" || respuesta.status === 401) return sinSesion();
    const cuerpo = await respuesta.json().catch(() => null);
    if (respuesta.status === 403 && !cuerpo) return sinSesion();
    if (respuesta.ok && cuerpo) return quedo(cuerpo, mandado);
    if (respuesta.status === 422 && cuerpo) return corregir(cuerpo);
    if (respuesta.status === 409 && cuerpo) return chocar(cuerpo);
    return sinRed("El servidor no pudo guardar.");
  }

  function quedo(cuerpo, mandado) {
    campoVersion.value = cuerpo.version;
    fallas = 0;
    callar("red", "sesion", "recuperar");
    const nombre = document.getElementById("estado-del-avance");
    if (nombre) nombre.textContent = cuerpo.estado_nombre;
    formulario.dataset.estado = cuerpo.estado;
    if (huella(escrito()) === mandado) {
      sucio = false;
      borrarCopia();
      decir(`Guardado ${cuerpo.hora}`, "guardado");
    } else {
      programar(PAUSA);
    }
    return "bien";
  }
  function corregir(cuerpo) {
    const nombres = Object.values(cuerpo.errores).map((uno) => uno.nombre).filter(Boolean);
    decir(`Sin guardar: corrija ${nombres.join(", ") || "lo señalado"}`, "falla");
    return "corregir";
  }
  function chocar(cuerpo) {
    detenido = true;
    copiar();
    decir("Sin guardar", "falla");
    avisar("choque", `${cuerpo.mensaje} Lo que usted escribió sigue aquí y no se ha perdido.`, [
      { texto: "Comparar los dos textos y elegir", hace: () => enviar(null) },
    ]);
    return "choque";
  }
  function sinSesion() {
    copiar();
    decir("Sin guardar", "falla");
    avisar("sesion", "Su sesión terminó. Lo que escribió sigue aquí: entre de nuevo en otra pestaña y se guardará solo.", [
      { texto: "Entrar en otra pestaña", href: entrar },
      { texto: "Ya entré: guardar", hace: () => guardar() },
    ]);
    return "sesion";
  }
  function sinRed(motivo) {
    copiar();
    decir("Sin guardar: se reintenta", "falla");
    avisar("red", `${motivo} Lo que escribió está a salvo en este navegador y se intenta de nuevo solo.`, [
      { texto: "Intentar ahora", hace: () => guardar() },
    ]);
    programar(ESPERAS[Math.min(fallas, ESPERAS.length - 1)]);
    fallas += 1;
    return "red";
  }

  function programar(espera) {
    clearTimeout(reloj);
    if (!detenido && !exento) reloj = setTimeout(() => guardar(), espera);
  }
  function cambio(evento) {
    if (!evento.target.name || NO_SE_COPIAN.test(evento.target.name)) return;
    sucio = huella(escrito()) !== alAbrir || campoVersion.value !== campoVersion.defaultValue;
    copiar();
    if (!detenido) decir(exento ? "Sin guardar: presione Guardar" : "Sin guardar");
    if (avisos.dataset.clave !== "red") programar(PAUSA);
  }
  formulario.addEventListener("input", cambio);
  formulario.addEventListener("change", cambio);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && sucio && !detenido && !exento) guardar();
    if (document.visibilityState === "visible" && avisos.dataset.clave === "sesion") guardar();
  });
  window.addEventListener("online", () => sucio && guardar());

  // Los botones de la página: antes de irse se comprueba que lo escrito llega ---------------------
  function enviar(boton) {
    pasa = true;
    formulario.requestSubmit(boton);
  }
  formulario.addEventListener(
    "submit",
    async (evento) => {
      if (pasa || detenido || exento) return;
      evento.preventDefault();
      evento.stopPropagation();
      const boton = evento.submitter;
      const como = await guardar();
      if (como !== "sesion" && como !== "red") enviar(boton);
    },
    true,
  );

  // Copiar lo del semestre anterior --------------------------------------------------------------
  document.addEventListener("click", (evento) => {
    const boton = evento.target.closest("[data-copiar]");
    if (!boton) return;
    const campo = document.getElementById(boton.dataset.en);
    campo.value = boton.dataset.copiar;
    campo.dispatchEvent(new Event("input", { bubbles: true }));
    campo.focus();
  });

  // La evidencia ---------------------------------------------------------------------------------
  const zona = formulario.querySelector("[data-adjuntar]");
  const lista = document.getElementById("lista-de-evidencias");
  const subidas = zona.querySelector("[data-subidas]");
  const selector = zona.querySelector("[type=file]");

  selector.addEventListener("change", () => {
    if (exento) return; // se adjunta con su botón, que lo reporta a propósito
    const archivos = [...selector.files];
    selector.value = "";
    subirTodos(archivos);
  });
  for (const paso of ["dragenter", "dragover"]) {
    zona.addEventListener(paso, (evento) => {
      if (![...evento.dataTransfer.types].includes("Files")) return;
      evento.preventDefault();
      zona.classList.add("encima");
    });
  }
  zona.addEventListener("dragleave", (evento) => {
    if (!zona.contains(evento.relatedTarget)) zona.classList.remove("encima");
  });
  zona.addEventListener("drop", (evento) => {
    evento.preventDefault();
    zona.classList.remove("encima");
    subirTodos([...evento.dataTransfer.files]);
  });

  async function subirTodos(archivos) {
    const filas = archivos.map((archivo) => [archivo, renglon(archivo)]);
    if (!filas.length) return;
    const como = exento ? "bien" : await guardar({ empieza: "1" });
    for (const [archivo, fila] of filas) {
      if (como === "bien") await subirUno(archivo, fila);
      else terminar(fila, "No se subió: primero hay que poder guardar el borrador.", true);
    }
    const titulo = zona.querySelector("[name=evidencia-titulo]");
    if (titulo && como === "bien") titulo.value = "";
    if (lado) window.htmx?.trigger(lado, "medir");
  }
  function renglon(archivo) {
    const fila = document.createElement("li");
    const nombre = document.createElement("span");
    nombre.textContent = archivo.name;
    const barra = document.createElement("progress");
    barra.max = 100;
    barra.value = 0;
    barra.className = "barra-avance";
    barra.setAttribute("aria-label", `Subiendo ${archivo.name}`);
    const dice = document.createElement("span");
    fila.append(nombre, barra, dice);
    subidas.append(fila);
    return { fila, barra, dice };
  }
  function terminar({ fila, barra, dice }, texto, malo = false) {
    barra.remove();
    dice.textContent = texto;
    fila.className = malo ? "mala" : "buena";
  }
  function subirUno(archivo, fila) {
    return new Promise((listo) => {
      const datos = new FormData();
      datos.append("evidencia-archivos", archivo);
      for (const nombre of ["evidencia-titulo", "evidencia-hito"]) {
        const campo = formulario.elements.namedItem(nombre);
        if (campo?.value) datos.append(nombre, campo.value);
      }
      const pedido = new XMLHttpRequest();
      pedido.open("POST", subir);
      pedido.setRequestHeader("X-CSRFToken", ficha());
      pedido.upload.addEventListener("progress", (evento) => {
        if (evento.lengthComputable) fila.barra.value = Math.round((100 * evento.loaded) / evento.total);
      });
      pedido.addEventListener("load", () => {
        if (pedido.status === 200 && pedido.responseURL.endsWith(subir)) {
          lista.innerHTML = pedido.responseText;
          terminar(fila, "Adjunto.");
        } else if (pedido.status === 200) {
          sinSesion();
          terminar(fila, "No se subió: su sesión terminó.", true);
        } else {
          terminar(fila, motivo(pedido), true);
        }
        listo();
      });
      pedido.addEventListener("error", () => {
        terminar(fila, "No se subió: no hay conexión. Elíjalo de nuevo cuando vuelva.", true);
        listo();
      });
      pedido.send(datos);
    });
  }
  function motivo(pedido) {
    try {
      return `No se subió: ${JSON.parse(pedido.responseText).mensaje}`;
    } catch {
      return "No se subió: el servidor no lo aceptó.";
    }
  }

  // La vista previa de una imagen, en su renglón ---------------------------------------------------
  lista.addEventListener("click", (evento) => {
    const enlace = evento.target.closest("a[data-vista]");
    if (!enlace || evento.ctrlKey || evento.metaKey || evento.shiftKey) return;
    evento.preventDefault();
    const renglonDeLista = enlace.closest("li");
    const abierta = renglonDeLista.querySelector(".vista-previa");
    if (abierta) {
      abierta.remove();
      enlace.setAttribute("aria-expanded", "false");
      return;
    }
    const imagen = document.createElement("img");
    imagen.className = "vista-previa";
    imagen.alt = `Vista previa de ${enlace.dataset.vista}`;
    imagen.src = enlace.href;
    renglonDeLista.append(imagen);
    enlace.setAttribute("aria-expanded", "true");
  });

  // Al abrir: lo que quedó sin guardar --------------------------------------------------------------
  const copia = leerCopia();
  if (detenido || codigo) {
    // Es la página de un rechazo: lo escrito ya está en ella, y la copia sigue hasta que se guarde.
    copiar();
  } else if (copia && huella(copia.campos) !== alAbrir) {
    const otra = copia.version !== campoVersion.value ? " Después de eso, este avance se guardó de nuevo." : "";
    avisar(
      "recuperar",
      `Hay texto suyo de las ${copia.hora} que no se llegó a guardar.${otra}`,
      [
        {
          texto: "Recuperarlo",
          hace: () => {
            reponer(copia.campos);
            campoVersion.value = copia.version;
            sucio = true;
            callar("recuperar");
            if (lado) window.htmx?.trigger(lado, "medir");
            if (exento) decir("Sin guardar: presione Guardar");
            else guardar();
          },
        },
        {
          texto: "Descartarlo",
          hace: () => {
            borrarCopia();
            callar("recuperar");
          },
        },
      ],
      "info",
    );
  } else {
    borrarCopia();
  }
})();
