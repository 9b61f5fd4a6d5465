"""G-12 y G-13: pasos al azar por personas al azar, contra un diccionario que sabe las reglas.

El oráculo es la tabla de dominio §2.2 escrita otra vez aquí: no mira `flujo` ni `permisos`.
"""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from instituciones import bitacora
from instituciones.models import Asiento, Usuario
from matrices import flujo, periodos
from matrices.models import Avance, Movimiento, Observacion, Periodo
from tests.fabricas import AvanceFactory, DelegacionFactory, UsuarioFactory

# paso: (desde, hasta, rol, firma que deja, firmas que borra, firmas que no pueden ser suyas)
TODAS = ("entregado_por", "remitido_por", "validado_por")
TABLA = {
    "guardar": (
        {"PENDIENTE", "EXENTO", "BORRADOR", "OBSERVADO"},
        "BORRADOR",
        "PLANIFICADOR",
        "capturado_por",
        TODAS,
        (),
    ),
    "entregar": ({"BORRADOR"}, "EN_APROBACION", "PLANIFICADOR", "entregado_por", (), ()),
    "devolver": ({"EN_APROBACION"}, "BORRADOR", "APROBADOR", "", TODAS, ()),
    "remitir": (
        {"EN_APROBACION"},
        "REMITIDO",
        "APROBADOR",
        "remitido_por",
        (),
        ("capturado_por", "entregado_por"),
    ),
    "observar": (
        {"REMITIDO"},
        "OBSERVADO",
        "REVISA",
        "",
        (),
        ("capturado_por", "entregado_por", "remitido_por"),
    ),
    "validar": (
        {"REMITIDO"},
        "VALIDADO",
        "REVISA",
        "validado_por",
        (),
        ("capturado_por", "entregado_por", "remitido_por"),
    ),
    "revertir": ({"VALIDADO"}, "REMITIDO", "COORDINADOR", "", ("validado_por",), ()),
    "reabrir": ({"NO_REPORTADO"}, "BORRADOR", "COORDINADOR", "", TODAS, ()),
}
CON_NOTA = {"devolver", "revertir", "reabrir"}
SIN_TABLA = ["vencer", "eximir", "exigir", "dejar_fuera", "consolidar"]
FIRMAS = ("capturado_por", "entregado_por", "remitido_por", "validado_por")
DADOS: dict[str, int] = {}


@pytest.fixture
def mundo(elenco):
    """Un avance por declarar, quienes lo tocan y quienes no deben."""
    elenco.otro_aprobador = UsuarioFactory(rol="APROBADOR", institucion=elenco.responsable)
    elenco.otra_planificadora = UsuarioFactory(rol="PLANIFICADOR", institucion=elenco.responsable)
    elenco.otra_analista = UsuarioFactory(rol="ANALISTA", institucion=elenco.revisora)
    elenco.ajeno = UsuarioFactory(rol="APROBADOR", institucion=elenco.otra)
    cap = elenco.comisionada.institucion
    elenco.analista_ajena = UsuarioFactory(rol="ANALISTA", institucion=cap)
    elenco.apagada = UsuarioFactory(
        rol="PLANIFICADOR", institucion=elenco.responsable, is_active=False
    )
    avance = AvanceFactory(actividad__responsable=elenco.responsable, logro="Se hizo.")
    limite = avance.periodo.limite
    DelegacionFactory(
        titular=elenco.aprobador,
        delegado=elenco.planificadora,
        desde=limite - timedelta(days=40),
        hasta=limite + timedelta(days=40),
    )
    DelegacionFactory(
        titular=elenco.aprobador,
        delegado=elenco.otra_planificadora,
        desde=limite - timedelta(days=80),
        hasta=limite - timedelta(days=60),
    )
    return SimpleNamespace(elenco=elenco, avance=avance.pk, periodo=avance.periodo.pk)


QUIENES = [
    *("planificadora", "otra_planificadora", "aprobador", "otro_aprobador", "analista"),
    *("otra_analista", "coordinadora", "consejera", "inspector", "comisionada", "auditor"),
    *("administradora", "ajena", "ajeno", "analista_ajena", "apagada"),
]
POR_DELEGACION = ["planificadora", "otra_planificadora"]  # vigente y vencida, del aprobador


class Semestre(RuleBasedStateMachine):
    """Un avance de principio a fin: lo que `esperado` dice tiene que ser lo que la base tiene."""

    def __init__(self, mundo):
        super().__init__()
        self.mundo, self.atomo = mundo, transaction.atomic()
        self.atomo.__enter__()
        self.dia = Periodo.objects.get(pk=mundo.periodo).limite - timedelta(days=5)
        self.estado, self.version, self.ronda, self.periodo = "PENDIENTE", 1, 0, "ABIERTO"
        self.extemporaneo = False
        self.firmas = dict.fromkeys(FIRMAS)
        self.sin_responder = self.abiertas = 0
        self.movimientos = Movimiento.objects.count()
        self.asientos = Asiento.objects.count()

    def teardown(self):
        assert bitacora.primer_quiebre()[1] is None
        transaction.set_rollback(True)
        self.atomo.__exit__(None, None, None)

    # Lo que debe pasar -------------------------------------------------------------------
    def puede(self, paso, persona, titular):
        """Si a esta persona le toca el paso, por sí o por quien le delegó."""
        if not persona.is_active:
            return False
        if titular and persona.pk == self.mundo.elenco.otra_planificadora.pk:
            return False  # su delegación venció
        actua = titular or persona
        rol, ajenas = TABLA[paso][2], TABLA[paso][5]
        de_la_casa = actua.institucion_id == self.mundo.elenco.responsable.pk
        if rol in {"PLANIFICADOR", "APROBADOR"}:
            si = actua.rol == rol and de_la_casa and self.periodo != "CORTADO"
        elif rol == "REVISA":
            quien = "COORDINADOR" if self.ronda >= 2 else "ANALISTA"
            revisora = actua.institucion_id == self.mundo.elenco.revisora.pk
            si = actua.rol == quien and not de_la_casa and revisora
        else:
            si = actua.rol == rol and not (paso == "revertir" and self.periodo == "CORTADO")
        vedadas = {self.firmas[una] for una in ajenas}
        if titular:
            vedadas |= {self.firmas["capturado_por"], self.firmas["entregado_por"]}
        return si and persona.pk not in vedadas

    def cabe(self, paso):
        """Si el estado y las condiciones lo permiten."""
        if self.estado not in TABLA[paso][0]:
            return False
        if paso == "guardar":
            return self.estado != "PENDIENTE" or self.periodo in {"ABIERTO", "EN_GRACIA"}
        if paso == "entregar":
            return not self.sin_responder
        if paso == "reabrir":
            return self.periodo == "CERRADO"
        return True

    def anotar(self, paso, persona, responde):
        """El diccionario, después de un paso que se dio."""
        a, firma, borra = TABLA[paso][1], TABLA[paso][3], TABLA[paso][4]
        for una in borra:
            self.firmas[una] = None
        if firma:
            self.firmas[firma] = persona.pk
        if paso == "remitir" and self.ronda == 0:
            limite = Periodo.objects.get(pk=self.mundo.periodo).limite
            self.extemporaneo = self.dia > limite
        if paso == "observar":
            self.ronda += 1
            self.abiertas = self.sin_responder = 1
        if paso == "guardar" and responde:
            self.sin_responder = 0
        if paso == "entregar":
            self.abiertas = 0
        self.pasar(a)

    def pasar(self, a):
        self.estado, self.version = a, self.version + 1
        self.movimientos += 1
        self.asientos += 1
        DADOS[a] = DADOS.get(a, 0) + 1

    # Lo que se hace ----------------------------------------------------------------------
    def momento(self):
        hora = datetime(self.dia.year, self.dia.month, self.dia.day, 10)  # noqa: DTZ001 — se hace aware abajo
        return timezone.make_aware(hora)

    def actual(self):
        return Avance.objects.con_su_actividad().get(pk=self.mundo.avance)

    def llamar(self, paso, persona, titular, version, nota, responde):
        avance = self.actual()
        quien = {"por": persona, "version": version, "momento": self.momento()}
        if paso == "guardar":
            abiertas = Observacion.objects.filter(avance=avance).abiertas()
            respuestas = {una.pk: "Se precisó." for una in abiertas} if responde else {}
            dato = flujo.Declaracion({"logro": "Otro."}, respuestas=respuestas)
            return flujo.capturar(avance, dato, **quien)
        if paso == "entregar":
            return flujo.entregar(avance, **quien)
        quien["en_nombre_de"] = titular
        if paso == "observar":
            return flujo.observar(avance, [("logro", "Precise el lugar.")], **quien)
        if paso == "validar":
            return flujo.validar(avance, **quien)
        return flujo.mover(avance, paso, nota="Falta el acta." if nota else "", **quien)

    def dar(self, paso, persona, *, titular=None, al_dia=True, nota=True, responde=True):
        """Intenta un paso y compara lo que pasó con lo que debía."""
        DADOS["intentos"] = DADOS.get("intentos", 0) + 1
        persona = Usuario.objects.get(pk=persona.pk)
        if not self.puede(paso, persona, titular):
            debe = PermissionDenied
        elif paso in CON_NOTA and not nota:
            debe = ValidationError
        elif not al_dia or not self.cabe(paso):
            debe = flujo.Conflicto
        else:
            debe = None
        version = self.version if al_dia else self.version - 1
        paso_algo = None
        try:
            self.llamar(paso, persona, titular, version, nota, responde)
        except (PermissionDenied, ValidationError, flujo.Conflicto) as motivo:
            paso_algo = motivo
        if debe:
            assert isinstance(paso_algo, debe), (paso, persona, debe, paso_algo)
        else:
            assert paso_algo is None, (paso, persona, paso_algo)
            self.anotar(paso, persona, responde)

    def persona(self, nombre):
        return getattr(self.mundo.elenco, nombre)

    @rule(
        paso=st.sampled_from(sorted(TABLA)),
        nombre=st.sampled_from(QUIENES),
        al_dia=st.booleans(),
        nota=st.booleans(),
        responde=st.booleans(),
    )
    def cualquiera_da_cualquier_paso(self, paso, nombre, al_dia, nota, responde):
        self.dar(paso, self.persona(nombre), al_dia=al_dia, nota=nota, responde=responde)

    @rule(
        paso=st.sampled_from(["devolver", "remitir", "validar", "observar"]),
        nombre=st.sampled_from(POR_DELEGACION),
    )
    def alguien_actua_por_delegacion(self, paso, nombre):
        titular = Usuario.objects.get(pk=self.mundo.elenco.aprobador.pk)
        self.dar(paso, self.persona(nombre), titular=titular)

    @rule(cual=st.integers(0, 9), suplente=st.booleans(), responde=st.sampled_from([True, True, 0]))
    def alguien_da_el_paso_que_toca(self, cual, suplente, responde):
        caben = [paso for paso in TABLA if self.cabe(paso)]
        if not caben:
            return
        paso = caben[cual % len(caben)]
        rol = TABLA[paso][2]
        if rol == "REVISA":
            rol = "COORDINADOR" if self.ronda >= 2 else "ANALISTA"
        nombre = {
            "PLANIFICADOR": ("planificadora", "otra_planificadora"),
            "APROBADOR": ("aprobador", "otro_aprobador"),
            "ANALISTA": ("analista", "otra_analista"),
            "COORDINADOR": ("coordinadora", "coordinadora"),
        }[rol][suplente]
        self.dar(paso, self.persona(nombre), responde=bool(responde))

    @rule(paso=st.sampled_from(SIN_TABLA), nombre=st.sampled_from(QUIENES))
    def nadie_da_los_pasos_de_adentro(self, paso, nombre):
        if nombre == "coordinadora":
            return
        DADOS["intentos"] = DADOS.get("intentos", 0) + 1
        with pytest.raises(PermissionDenied):
            flujo.mover(
                self.actual(), paso, version=self.version, por=self.persona(nombre), nota="Sí."
            )

    @rule(rol=st.sampled_from(["PLANIFICADOR", "APROBADOR"]))
    def una_persona_cambia_de_puesto(self, rol):
        suya = Usuario.objects.filter(pk=self.mundo.elenco.otra_planificadora.pk)
        suya.update(rol=rol)
        self.mundo.elenco.otra_planificadora.rol = rol

    @precondition(lambda self: self.periodo in {"ABIERTO", "EN_GRACIA"})
    @rule(vez=st.integers(0, 3))
    def quiza_pasa_el_tiempo(self, vez):
        if not vez:  # para que casi todo ocurra con el periodo abierto
            self.pasa_el_tiempo()

    def pasa_el_tiempo(self):
        periodo = Periodo.objects.get(pk=self.mundo.periodo)
        self.dia = {"ABIERTO": periodo.limite, "EN_GRACIA": periodo.fin_gracia}[self.periodo]
        self.dia += timedelta(days=1)
        periodos.dar_pasos_del_calendario(self.momento())
        self.asientos += 1
        if self.periodo == "ABIERTO":
            self.periodo = "EN_GRACIA"
            return
        self.periodo = "CERRADO"
        if self.estado in {"PENDIENTE", "BORRADOR", "EN_APROBACION"} and self.ronda == 0:
            self.pasar("NO_REPORTADO")

    @precondition(lambda self: self.periodo == "CERRADO")
    @rule(nombre=st.sampled_from([*QUIENES, "coordinadora"]), confirma=st.booleans())
    def alguien_quiere_cortar(self, nombre, confirma):
        self.alguien_corta(nombre, confirma)

    def alguien_corta(self, nombre, confirma):
        DADOS["intentos"] = DADOS.get("intentos", 0) + 1
        falta = self.estado not in {"VALIDADO", "NO_REPORTADO"}
        periodo = Periodo.objects.get(pk=self.mundo.periodo)
        orden = {
            "version": periodo.version,
            "por": self.persona(nombre),
            "confirmados": [self.mundo.avance] if confirma and falta else [],
            "momento": self.momento(),
        }
        if nombre != "coordinadora":
            with pytest.raises(PermissionDenied):
                periodos.cortar(periodo, **orden)
        elif falta and not confirma:
            with pytest.raises(flujo.PasoInvalido):
                periodos.cortar(periodo, **orden)
        else:
            periodos.cortar(periodo, **orden)
            self.periodo = "CORTADO"
            self.asientos += 1
            if falta:
                self.pasar("NO_REPORTADO")
            elif self.estado == "VALIDADO":
                self.pasar("CONSOLIDADO")

    @precondition(lambda self: self.periodo != "CORTADO" and self.estado == "VALIDADO")
    @rule(vez=st.integers(0, 5))
    def se_cierra_y_se_corta_lo_validado(self, vez):
        if vez:
            return
        while self.periodo != "CERRADO":
            self.pasa_el_tiempo()
        self.alguien_corta("coordinadora", confirma=False)

    # Lo que siempre es cierto ------------------------------------------------------------
    @invariant()
    def la_base_dice_lo_que_el_diccionario(self):
        avance = self.actual()
        assert (avance.estado, avance.version, avance.ronda, avance.extemporaneo) == (
            self.estado,
            self.version,
            self.ronda,
            self.extemporaneo,
        )
        assert {una: getattr(avance, f"{una}_id") for una in FIRMAS} == self.firmas
        assert avance.periodo.estado == self.periodo

    @invariant()
    def cada_paso_dejo_un_movimiento_y_un_asiento(self):
        assert Movimiento.objects.count() == self.movimientos
        assert Asiento.objects.count() == self.asientos
        ultimo = Movimiento.objects.order_by("-pk").first()
        if ultimo:
            assert ultimo.a == self.estado


def correr(mundo, cifra, cuantas, **opciones):
    DADOS.clear()
    run_state_machine_as_test(
        lambda: Semestre(mundo),
        settings=settings(
            max_examples=cuantas,
            stateful_step_count=50,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            **opciones,
        ),
    )
    dados = sum(veces for a, veces in DADOS.items() if a != "intentos")
    cifra(f"G-12 intentos={DADOS['intentos']} pasos_dados={dados} estados_ilegales=0")


def test_dos_mil_pasos_al_azar_no_salen_del_camino(mundo, cifra):
    correr(mundo, cifra, 80, derandomize=True)

    assert DADOS["intentos"] >= 2000
    assert {"BORRADOR", "EN_APROBACION", "REMITIDO", "OBSERVADO", "VALIDADO"} <= set(DADOS)
    assert {"NO_REPORTADO", "CONSOLIDADO"} <= set(DADOS)


@pytest.mark.nocturna
def test_veinte_mil_pasos_al_azar_no_salen_del_camino(mundo, cifra):
    correr(mundo, cifra, 800)

    assert DADOS["intentos"] >= 20_000


# G-13: dos personas, aunque alguien llegue a la base ------------------------------------------
IGUALES = [
    ("remitido_por", "capturado_por"),
    ("remitido_por", "entregado_por"),
    ("validado_por", "capturado_por"),
    ("validado_por", "entregado_por"),
    ("validado_por", "remitido_por"),
]


@pytest.mark.parametrize(("una", "otra"), IGUALES)
def test_la_base_niega_que_la_misma_persona_firme_dos_veces(elenco, una, otra):
    avance = AvanceFactory(estado="VALIDADO", actividad__responsable=elenco.responsable)
    misma = getattr(avance, otra)

    with pytest.raises(IntegrityError), transaction.atomic():
        Avance.objects.filter(pk=avance.pk).update(**{una: misma})


@pytest.mark.parametrize("estado", ["REMITIDO", "OBSERVADO", "VALIDADO", "CONSOLIDADO"])
@pytest.mark.parametrize("firma", ["entregado_por", "remitido_por"])
def test_la_base_niega_lo_enviado_sin_firmas(elenco, estado, firma):
    avance = AvanceFactory(estado=estado, actividad__responsable=elenco.responsable)

    with pytest.raises(IntegrityError), transaction.atomic():
        Avance.objects.filter(pk=avance.pk).update(**{firma: None})


def test_la_base_niega_un_estado_que_no_existe(elenco):
    avance = AvanceFactory(actividad__responsable=elenco.responsable)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE matrices_avance SET estado = 'APROBADO' WHERE id = %s", [avance.pk])
