"""G-23 a G-25: se mata la web o su base mientras escribe; lo que contestó como guardado, está."""

import http.client
import random
import threading
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.caos
RONDAS = 15
PARADAS = 8
FICHA = "a" * 32


def guardar(puerto, taller, version, texto):
    """Un POST a la captura; el código, o None si la web murió a medias."""
    avance = taller.semilla["avance"]
    cuerpo = urlencode(
        {
            "version": version,
            "logro": texto,
            "visibilidad": "PUBLICA",
            "clasificacion": "PUBLICA",
            "csrfmiddlewaretoken": FICHA,
        }
    )
    cabeceras = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sesion={taller.semilla['sesion']}; csrf={FICHA}",
    }
    conexion = http.client.HTTPConnection("127.0.0.1", puerto, timeout=15)
    try:
        conexion.request("POST", f"/avances/{avance}/", cuerpo, cabeceras)
        return conexion.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        conexion.close()


def la_fila(taller):
    consulta = "SELECT version, logro FROM matrices_avance WHERE id = ?"
    return taller.filas(consulta, taller.semilla["avance"])[0]


class Escritora:
    """Guarda sin parar hasta que no le contestan, y lleva la cuenta de lo que sí."""

    def __init__(self, taller):
        self.taller, self.guardados, self.de_mas = taller, 0, 0

    def escribir(self, puerto, ronda, desastre):
        """Hasta la primera respuesta que no es «guardado»; el último texto pudo quedar o no.

        El desastre corre desde el primer guardado: antes, la web todavía se despierta.
        """
        version, seguro = la_fila(self.taller)
        for numero in range(5000):
            texto = f"Ronda {ronda}, texto {numero}."
            codigo = guardar(puerto, self.taller, version, texto)
            if codigo != 302:
                break
            if numero == 0:
                desastre.start()
            self.guardados, seguro, version = self.guardados + 1, texto, version + 1
        assert desastre.ident, f"Ni el primero se guardó: {codigo}"
        desastre.join(timeout=60)
        return (version, seguro), (version + 1, texto), codigo

    def cotejar(self, seguro, en_vuelo):
        quedo = la_fila(self.taller)
        assert quedo in {seguro, en_vuelo}
        self.de_mas += quedo != seguro


def matar_la_web(taller, rondas):
    """En cada ronda la siguiente web ya arranca mientras a ésta se la mata."""
    azar, escritora, proxima = random.Random(7), Escritora(taller), taller.arrancar_web()
    for ronda in range(rondas):
        proceso, puerto = proxima
        taller.esperar(lambda puerto=puerto: taller.contesta(puerto), "la web")
        proxima = taller.arrancar_web() if ronda < rondas - 1 else None
        matador = threading.Timer(azar.uniform(0.05, 0.8), taller.matar, [proceso])
        seguro, en_vuelo, codigo = escritora.escribir(puerto, ronda, matador)
        assert codigo is None, codigo
        escritora.cotejar(seguro, en_vuelo)
    revisar_la_base(taller)
    assert escritora.guardados > rondas
    return f"guardados={escritora.guardados} perdidos=0 a_medias=0 ({escritora.de_mas} más)"


def test_matar_la_web_mientras_escribe_no_pierde_lo_guardado(taller, cifra):
    dicho = matar_la_web(taller, RONDAS)
    cifra(f"G-25 SQLite, web muerta: rondas={RONDAS} {dicho} integrity_check=ok")


def test_matar_la_web_sobre_postgres_no_pierde_lo_guardado(taller_en_postgres, cifra):
    dicho = matar_la_web(taller_en_postgres, RONDAS)
    cifra(f"G-23 PostgreSQL, web muerta: rondas={RONDAS} {dicho}")


def test_parar_postgres_de_golpe_no_pierde_lo_guardado(taller_en_postgres, cifra):
    """La misma web sigue en pie: contesta 503 sin base, y guarda otra vez cuando vuelve."""
    taller, azar = taller_en_postgres, random.Random(24)
    escritora, codigos = Escritora(taller), []
    _proceso, puerto = taller.web()
    for ronda in range(PARADAS):
        parador = threading.Timer(azar.uniform(0.05, 0.8), taller.cluster.parar_de_golpe)
        seguro, en_vuelo, codigo = escritora.escribir(puerto, ronda, parador)
        codigos.append(codigo)
        assert guardar(puerto, taller, 1, "Sin base.") == 503
        taller.cluster.arrancar()
        escritora.cotejar(seguro, en_vuelo)

    assert set(codigos) <= {503, None}, codigos
    assert guardar(puerto, taller, la_fila(taller)[0], "La misma web, otra vez.") == 302
    revisar_la_base(taller)
    assert escritora.guardados > PARADAS
    cifra(
        f"G-24 PostgreSQL parado: rondas={PARADAS} guardados={escritora.guardados} perdidos=0 "
        f"a_medias=0 ({escritora.de_mas} más) sin_base={codigos.count(503)}×503"
    )


def revisar_la_base(taller):
    """Entera, con un movimiento y un asiento por versión, y la cadena sin quiebre."""
    assert taller.entera()
    avance, version = taller.semilla["avance"], la_fila(taller)[0]
    movimientos = taller.filas(
        "SELECT COUNT(*) FROM matrices_movimiento WHERE avance_id = ?", avance
    )
    asientos = taller.filas(
        "SELECT COUNT(*) FROM instituciones_asiento WHERE tipo = 'avance' AND clave = ?",
        str(avance),
    )
    assert movimientos == asientos == [(version - 1,)]
    taller.mandato("verificar_bitacora")
