"""El arranque en una máquina: prepara la base, levanta la web y el trabajador, y los apaga juntos.

Lo llama `./correr`, que ya dejó el entorno instalado. En un servidor cada pieza la levanta quien
administra (docs/operacion.md), no este programa.
"""

import argparse
import ctypes
import fcntl
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

RAIZ = Path(__file__).resolve().parent.parent
ANFITRION = "127.0.0.1"
PUERTO = 8000
CUANTOS_PUERTOS = 100
ESPERA_SALUD = 90
ESPERA_APAGADO = 15
VIDA_MINIMA = 10  # una pieza que cae antes de estos segundos no se vuelve a levantar
BITACORA_MAXIMA = 10 * 1024 * 1024
USO = "Uso: ./correr [--sin-demo] [--puerto N] [--sin-trabajador]"
ENCARGO_DE_LA_DEMO = "informes de la demostración"
MORIR_CON_EL_PADRE = 1  # PR_SET_PDEATHSIG de prctl(2)


class Fallo(Exception):
    """No se puede seguir; el mensaje es para quien escribió `./correr`."""


class Alto(Exception):
    """Alguien pidió apagar."""


class Pieza(NamedTuple):
    """Un proceso que se levanta y se cuida: su nombre y su orden."""

    nombre: str
    orden: list[str]


class Lector(argparse.ArgumentParser):
    """El de siempre, que en vez de su regaño en inglés dice cómo se usa."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"✗ No se entiende lo que escribió ({message}).\n{USO}\n")


def main() -> None:
    """Todo el recorrido; sale con 0 si se apagó a pedido y con 1 o 2 si no pudo."""
    opciones = leer_opciones()
    os.chdir(RAIZ)
    os.umask(0o027)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pesn.settings")
    for senal in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(senal, pedir_alto)
    try:
        arrancar(opciones)
    except Alto:
        decir("Apagado.")
    except Fallo as motivo:
        terminar(f"✗ {motivo}")


def leer_opciones() -> argparse.Namespace:
    """Lo que se escribió después de `./correr`; un mensaje claro y salida 2 si no se entiende."""
    lector = Lector(
        prog="./correr", description="Pone PESN a andar en esta máquina.", add_help=False
    )
    lector.add_argument("-h", "--help", "--ayuda", action="help", help="Muestra esta ayuda.")
    lector.add_argument(
        "--sin-demo", action="store_true", help="Carga el plan y no los datos de demostración."
    )
    lector.add_argument(
        "--puerto",
        type=puerto,
        help=f"Dónde escucha. Si no se dice, {PUERTO} o el siguiente libre.",
    )
    lector.add_argument(
        "--sin-trabajador",
        action="store_true",
        help="Sólo la web: los informes encargados esperan en cola.",
    )
    return lector.parse_args()


def puerto(texto: str) -> int:
    """Un número de puerto; ValueError si no lo es."""
    if not texto.isdecimal() or not 1 <= int(texto) <= 65535:
        raise argparse.ArgumentTypeError(f"«{texto}» no es un puerto (1 a 65535).")
    return int(texto)


def arrancar(opciones: argparse.Namespace) -> None:
    """Prepara y vigila; regresa sólo por excepción."""
    import django

    try:
        django.setup()
    except Exception as motivo:
        raise Fallo(f"Los ajustes no sirven: {motivo}") from motivo

    from django.conf import settings

    with uno_solo(settings.VAR):
        escucha = puerto_libre(opciones.puerto)
        os.environ.setdefault("PESN_DIRECCION", f"http://{ANFITRION}:{escucha}")
        preparar(con_demo=not opciones.sin_demo)
        piezas = [web(escucha)]
        if not opciones.sin_trabajador:
            piezas.append(trabajador(settings.VAR))
        encargos = informes_de_la_demo()
        Vigilancia(piezas, settings.VAR / "registros", encargos).seguir(
            al_estar_listo=lambda: anunciar(escucha, piezas, settings.VAR, encargos),
            escucha=escucha,
        )


@contextmanager
def uno_solo(var: Path) -> Iterator[None]:
    """Dos arranques sobre la misma carpeta se estorbarían: el segundo lo dice y no sigue."""
    with (var / "correr.candado").open("a+") as candado:
        try:
            fcntl.flock(candado, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            candado.seek(0)
            raise Fallo(
                f"PESN ya está corriendo con {var} (proceso {candado.read().strip() or '?'}). "
                "Apáguelo con Ctrl-C, o use otra carpeta con PESN_VAR."
            ) from None
        candado.truncate(0)
        candado.write(str(os.getpid()))
        candado.flush()
        yield


def puerto_libre(pedido: int | None) -> int:
    """El que se pidió, que tiene que estar libre; si no se pidió, el 8000 o el siguiente."""
    if pedido is not None:
        if not esta_libre(pedido):
            raise Fallo(
                f"El puerto {pedido} está ocupado o no se permite. Elija otro con --puerto, "
                "o no diga ninguno y se busca uno libre."
            )
        return pedido
    for candidato in range(PUERTO, PUERTO + CUANTOS_PUERTOS):
        if esta_libre(candidato):
            return candidato
    raise Fallo(f"No hay un puerto libre entre {PUERTO} y {PUERTO + CUANTOS_PUERTOS - 1}.")


def esta_libre(numero: int) -> bool:
    """Si aquí se puede escuchar en ese puerto."""
    with socket.socket() as prueba:
        prueba.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            prueba.bind((ANFITRION, numero))
            prueba.listen(1)
        except OSError:
            return False
    return True


# Preparar ------------------------------------------------------------------------------------
def preparar(*, con_demo: bool) -> None:
    """Tablas, archivos estáticos, el plan y, la primera vez, con qué entrar."""
    from django.db import OperationalError

    try:
        mandar("migrate", interactive=False)
        mandar("createcachetable")
        juntar_estaticos()
        mandar("cargar_plan", str(RAIZ / "fixtures" / "pesn-2020-2024.json"), se_oye=True)
    except OperationalError as motivo:
        raise Fallo(f"La base de datos no contesta: {str(motivo).strip()}") from motivo
    dar_con_que_entrar(con_demo=con_demo)


def mandar(nombre: str, *args: str, se_oye: bool = False, **opciones: Any) -> None:
    """Corre un mandato de operación; si se niega, su mensaje es el motivo del fallo."""
    from django.core.management import CommandError, call_command

    try:
        call_command(nombre, *args, verbosity=1 if se_oye else 0, **opciones)
    except CommandError as motivo:
        raise Fallo(f"{nombre}: {motivo}") from motivo


def juntar_estaticos() -> None:
    """Junta los archivos estáticos sólo si cambiaron ellos o las bibliotecas que los traen."""
    from django.conf import settings

    destino = Path(settings.STATIC_ROOT)
    sello = destino / ".huella"
    actual = huella_de_estaticos()
    if sello.is_file() and sello.read_text() == actual:
        return
    mandar("collectstatic", interactive=False)
    sello.write_text(actual)


def huella_de_estaticos() -> str:
    """Cambia cuando cambia un archivo de `static/` o el candado de las bibliotecas."""
    suma = hashlib.sha256((RAIZ / "requirements.lock").read_bytes())
    for archivo in sorted((RAIZ / "static").rglob("*")):
        if archivo.is_file():
            suma.update(str(archivo.relative_to(RAIZ)).encode() + archivo.read_bytes())
    return suma.hexdigest()


def dar_con_que_entrar(*, con_demo: bool) -> None:
    """La primera vez: la demostración con una cuenta por rol, o dos cuentas para empezar."""
    from django.conf import settings

    from instituciones.models import Rol, Usuario
    from matrices.models import MatrizCumplimiento

    hay_demo = MatrizCumplimiento.objects.filter(es_demo=True).exists()
    hay_cuentas = Usuario.objects.exists()
    if con_demo and not settings.PRODUCCION and not hay_cuentas:
        decir("· Cargo los datos de demostración (uno o dos minutos)")
        mandar("cargar_demo", str(RAIZ / "fixtures" / "demo.json"), se_oye=True)
    elif not hay_cuentas:
        decir("· Cuentas para empezar (correo, rol y contraseña):")
        for rol in (Rol.ADMINISTRADOR, Rol.COORDINADOR):
            mandar("crear_cuenta", f"{rol.lower()}@pesn.localhost", "--rol", rol, se_oye=True)
        decir("  Anote las contraseñas: no se muestran otra vez.")
    else:
        if con_demo and not hay_demo and not settings.PRODUCCION:
            decir(
                "· Esta base ya tiene cuentas: no le agrego la demostración. Si la quiere aquí:\n"
                "    .venv/bin/python manage.py cargar_demo fixtures/demo.json"
            )
        decir(
            "· Las cuentas son las de la última vez. Para una contraseña nueva:\n"
            "    .venv/bin/python manage.py crear_cuenta --renovar CORREO"
        )


# Levantar y cuidar ---------------------------------------------------------------------------
def web(escucha: int) -> Pieza:
    """El servidor: dos procesos, cada uno atiende una petición a la vez."""
    opciones = "--interface wsgi --workers 2 --blocking-threads 1 --no-ws"
    cuidado = "--respawn-failed-workers --workers-kill-timeout 5"
    lugar = ["--host", ANFITRION, "--port", str(escucha)]
    granian = [sys.executable, "-m", "granian", *opciones.split(), *cuidado.split()]
    return Pieza("web", [*granian, *lugar, "pesn.wsgi:application"])


def trabajador(var: Path) -> Pieza:
    """El trabajador y su reloj: informes, correo y lo que manda el calendario."""
    opciones = "--concurrency 1 --without-gossip --without-mingle --without-heartbeat --beat"
    opciones += " --queues celery,correo,webhooks"
    celery = [sys.executable, "-m", "celery", "-A", "pesn", "worker", *opciones.split()]
    return Pieza("trabajador", [*celery, "--schedule", str(var / "beat"), "--loglevel", "INFO"])


def informes_de_la_demo() -> list[Pieza]:
    """El encargo de emitir los que la demostración aún no entregó, sin estorbar a la web."""
    from informes.demo import entrega

    if not entrega.falta():
        return []
    orden = ["nice", "-n", "10", sys.executable, "manage.py", "emitir_demo"]
    return [Pieza(ENCARGO_DE_LA_DEMO, orden)]


class Vigilancia:
    """Los procesos levantados: caen todos con quien los cuida, y ninguno se queda atrás.

    Las `piezas` no terminan nunca; un encargo corre una vez, cuando ya todo contesta.
    """

    def __init__(
        self, piezas: list[Pieza], registros: Path, encargos: Sequence[Pieza] = ()
    ) -> None:
        registros.mkdir(exist_ok=True)
        self.registros = registros
        self.piezas = piezas
        self.encargos = encargos
        self.vivos: dict[str, subprocess.Popen[bytes]] = {}
        self.desde: dict[str, float] = {}

    def seguir(self, *, al_estar_listo: Callable[[], None], escucha: int) -> NoReturn:
        """Levanta, espera a que la web conteste, avisa, y cuida hasta que pidan apagar."""
        try:
            for pieza in self.piezas:
                self.levantar(pieza)
            self.esperar_salud(escucha)
            al_estar_listo()
            for encargo in self.encargos:
                self.levantar(encargo)
            while True:
                time.sleep(0.5)
                self.revisar()
                self.recoger()
        finally:
            self.apagar()

    def levantar(self, pieza: Pieza) -> None:
        """En su propio grupo: el Ctrl-C llega sólo a quien cuida, que los apaga en orden."""
        with self.abrir_registro(pieza.nombre) as registro:
            self.vivos[pieza.nombre] = subprocess.Popen(  # noqa: S603 — una orden nuestra, de arriba
                pieza.orden,
                stdin=subprocess.DEVNULL,
                stdout=registro,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=morir_con_el_padre,  # noqa: PLW1509 — aquí todavía no hay hilos
            )
        self.desde[pieza.nombre] = time.monotonic()

    def abrir_registro(self, nombre: str) -> IO[bytes]:
        """Lo que la pieza dice; el registro grande se aparta y empieza otro."""
        archivo = self.registros / f"{nombre}.log"
        if archivo.exists() and archivo.stat().st_size > BITACORA_MAXIMA:
            archivo.replace(archivo.with_suffix(".log.1"))
        return archivo.open("ab")

    def esperar_salud(self, escucha: int) -> None:
        """Hasta que `/salud/` conteste que todo vive."""
        limite = time.monotonic() + ESPERA_SALUD
        respuesta = "nadie contesta"
        while time.monotonic() < limite:
            respuesta = salud(escucha)
            if respuesta == "":
                return
            for nombre, proceso in self.vivos.items():
                if proceso.poll() is not None:
                    raise Fallo(f"La pieza «{nombre}» no arrancó.\n{self.cola_de(nombre)}")
            time.sleep(0.1)
        raise Fallo(
            f"La web no estuvo lista en {ESPERA_SALUD} s ({respuesta}).\n{self.cola_de('web')}"
        )

    def revisar(self) -> None:
        """Vuelve a levantar la pieza que cayó; si apenas vivió, no hay caso."""
        for pieza in self.piezas:
            codigo = self.vivos[pieza.nombre].poll()
            if codigo is None:
                continue
            if time.monotonic() - self.desde[pieza.nombre] < VIDA_MINIMA:
                raise Fallo(
                    f"La pieza «{pieza.nombre}» cayó ({codigo}).\n{self.cola_de(pieza.nombre)}"
                )
            decir(f"· La pieza «{pieza.nombre}» cayó ({codigo}); la levanto de nuevo.")
            matar_grupo(self.vivos[pieza.nombre], signal.SIGKILL)
            self.levantar(pieza)

    def recoger(self) -> None:
        """Dice cómo terminó cada encargo; si no pudo, lo demás sigue y se repite al arrancar."""
        for encargo in self.encargos:
            proceso = self.vivos.get(encargo.nombre)
            if proceso is None or proceso.poll() is None:
                continue
            del self.vivos[encargo.nombre]
            if proceso.returncode == 0:
                decir(f"· Listo: {encargo.nombre}.")
            else:
                decir(
                    f"· No se pudo: {encargo.nombre}. Se intenta otra vez al arrancar.\n"
                    f"{self.cola_de(encargo.nombre)}"
                )

    def cola_de(self, nombre: str) -> str:
        """Los últimos renglones de lo que dijo, para quien mira."""
        archivo = self.registros / f"{nombre}.log"
        renglones = archivo.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f"  Lo último de {archivo}:", *(f"    {uno}" for uno in renglones)])

    def apagar(self) -> None:
        """Pide a todos que terminen; a quien no lo hace a tiempo, y a lo que dejó, se le obliga."""
        for senal in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(senal, signal.SIG_IGN)
        for proceso in self.vivos.values():
            with suppress(ProcessLookupError):
                proceso.terminate()
        limite = time.monotonic() + ESPERA_APAGADO
        for proceso in self.vivos.values():
            with suppress(subprocess.TimeoutExpired):
                proceso.wait(max(0.1, limite - time.monotonic()))
            matar_grupo(proceso, signal.SIGKILL)
            proceso.wait()


def matar_grupo(proceso: "subprocess.Popen[bytes]", senal: signal.Signals) -> None:
    """La señal a la pieza y a todo lo que ella levantó."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(proceso.pid, senal)


def morir_con_el_padre() -> None:
    """En el hijo: si quien cuida muere de golpe, el núcleo también le pide terminar a él."""
    ctypes.CDLL(None).prctl(MORIR_CON_EL_PADRE, signal.SIGTERM)


def salud(escucha: int) -> str:
    """Vacío si la web dice que todo vive; si no, qué contestó."""
    conexion = http.client.HTTPConnection(ANFITRION, escucha, timeout=5)
    try:
        conexion.request("GET", "/salud/")
        respuesta = conexion.getresponse()
        cuerpo = respuesta.read(500).decode(errors="replace")
    except OSError as motivo:
        return str(motivo)
    except http.client.HTTPException as motivo:
        return repr(motivo)
    finally:
        conexion.close()
    return "" if respuesta.status == http.HTTPStatus.OK else f"{respuesta.status} {cuerpo}"


# Hablar --------------------------------------------------------------------------------------
def anunciar(escucha: int, piezas: list[Pieza], var: Path, encargos: Sequence[Pieza]) -> None:
    """La dirección, cuánto tardó, dónde mirar y qué falta todavía."""
    tardo = time.time() - float(os.environ.get("PESN_INICIO", time.time()))
    nombres = " y ".join(pieza.nombre for pieza in piezas)
    decir(
        f"\nPESN está listo en  http://{ANFITRION}:{escucha}/   ({tardo:.0f} s)\n"
        f"  Corren {nombres}; lo que dicen queda en {var / 'registros'}.\n"
        "  Ctrl-C apaga todo; los datos se conservan.\n"
    )
    if encargos:
        decir("· Dibujo los informes de la demostración: en un minuto o dos estarán en /consejo/")


def decir(texto: str) -> None:
    """A la terminal, sin esperar a que se llene un renglón."""
    print(texto, flush=True)  # noqa: T201 — este programa habla con quien lo corre


def terminar(mensaje: str) -> NoReturn:
    """El motivo, por el canal de errores, y salida 1."""
    print(mensaje, file=sys.stderr, flush=True)  # noqa: T201 — ídem
    sys.exit(1)


def pedir_alto(*_: Any) -> NoReturn:
    """Ctrl-C, `kill` o una terminal que se cierra: hay que apagar en orden."""
    raise Alto


if __name__ == "__main__":
    main()
