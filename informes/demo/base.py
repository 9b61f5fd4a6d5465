"""Lo que la demostración tiene desde el principio: personas, reservas, matrices y evidencias."""

import secrets
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.files.storage import storages
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from acciones.models import AccionEstrategica, Plan
from informes.demo.hojas import hoja
from instituciones import bitacora, cuentas
from instituciones.almacen import Sellado, nombre_sellado, sellar_archivo
from instituciones.delegaciones import delegar
from instituciones.models import (
    GrupoInstitucional,
    Institucion,
    ResolucionReserva,
    Rol,
    Usuario,
)
from matrices.models import (
    Actividad,
    Cooperacion,
    HitoActividad,
    MatrizCumplimiento,
    Periodo,
)

LLANAS = "abcdefghjkmnpqrstuvwxyz23456789"  # sin las letras que se confunden al copiar
Llave = tuple[str, int]


def a_las(dia: date | None, hora: int, minuto: int = 0) -> datetime:
    assert dia is not None  # noqa: S101 (para mypy: quien llama ya lo sabe)
    return timezone.make_aware(datetime.combine(dia, time(hora, minuto)))


class Hojas:
    """Cada hoja distinta se guarda una vez; si la carga falla, las nuevas se borran."""

    def __init__(self) -> None:
        self.guardadas: dict[tuple[str, str], Sellado] = {}
        self.nuevas: list[str] = []

    def de(self, titulo: str, tipo: str) -> Sellado:
        """El archivo de una evidencia, ya en el almacén."""
        if (titulo, tipo) not in self.guardadas:
            contenido = hoja(titulo, tipo)
            nombre = nombre_sellado(sha256(contenido).hexdigest())
            if not storages["default"].exists(nombre):
                self.nuevas.append(nombre)
            self.guardadas[titulo, tipo] = sellar_archivo(contenido)
        return self.guardadas[titulo, tipo]

    def deshacer(self) -> None:
        """Quita del almacén lo que esta carga puso."""
        for nombre in self.nuevas:
            storages["default"].delete(nombre)


class Base:
    """De quién y de qué es la demostración: personas, matrices y archivos, ya en la base."""

    def __init__(self, datos: dict[str, Any], plan: Plan, ahora: datetime, hojas: Hojas):
        self.datos, self.plan, self.ahora = datos, plan, ahora
        self.hojas = hojas
        self.instituciones = {una.sigla: una for una in Institucion.objects.all()}
        self.grupos = {uno.sigla: uno for uno in GrupoInstitucional.objects.all()}
        self.periodos = {uno.codigo: uno for uno in Periodo.objects.filter(plan=plan)}
        self.personas: dict[str, Usuario] = {}
        self.actividades: dict[Llave, Actividad] = {}
        self.hitos: dict[int, dict[int, int]] = defaultdict(dict)

    # -- quién es quién

    def una_por_rol(self) -> list[Usuario]:
        """Con quiénes entrar: donde se pueda, de la institución que responde por más."""
        a_cargo = Counter(una.responsable.sigla for una in self.actividades.values())
        por_rol: dict[str, Usuario] = {}
        for persona in self.personas.values():
            otra = por_rol.get(persona.rol)
            if not otra or a_cargo[persona.institucion.sigla] > a_cargo[otra.institucion.sigla]:
                por_rol[persona.rol] = persona
        return [por_rol[rol] for rol in Rol if rol in por_rol]

    def de_la_casa(self, sigla: str, rol: str) -> list[Usuario]:
        """Las personas de una institución con ese rol, en el orden del archivo."""
        return [p for p in self.personas.values() if p.institucion.sigla == sigla and p.rol == rol]

    def con_rol(self, rol: str) -> Usuario:
        """La primera persona con ese rol."""
        return next(persona for persona in self.personas.values() if persona.rol == rol)

    @property
    def coordinadora(self) -> Usuario:
        return self.con_rol(Rol.COORDINADOR)

    def capturan(self, sigla: str) -> list[Usuario]:
        """Quienes planifican y no están sólo para suplir a quien aprueba."""
        suplen = {una["delegado"] for una in self.datos["delegaciones"]}
        planifican = self.de_la_casa(sigla, Rol.PLANIFICADOR)
        return [p for p in planifican if p.correo not in suplen] or planifican

    def aprueba(self, sigla: str) -> Usuario:
        return self.de_la_casa(sigla, Rol.APROBADOR)[0]

    def revisa(self, sigla: str) -> Usuario:
        """La analista que revisa a una institución: siempre la misma."""
        revisora = self.instituciones[sigla].revisora
        analistas = self.de_la_casa(revisora.sigla if revisora else "", Rol.ANALISTA)
        return analistas[sorted(self.instituciones).index(sigla) % len(analistas)]

    # -- lo que no es de un semestre

    def dar_cuentas(self) -> str:
        """Las cuentas, con una contraseña hecha en el momento, y sus delegaciones."""
        contrasena = "-".join("".join(secrets.choice(LLANAS) for _ in range(4)) for _ in range(4))
        for dato in self.datos["usuarios"]:
            institucion = self.instituciones[dato["institucion"]]
            campos = {campo: dato[campo] for campo in ("correo", "nombre", "rol")}
            persona = Usuario(**campos, institucion=institucion)
            cuentas.abrir(persona, por=None)
            self.personas[persona.correo] = persona
        correos = list(self.personas)
        Usuario.objects.filter(correo__in=correos).update(password=make_password(contrasena))
        for una in self.datos["delegaciones"]:
            delegar(
                self.personas[una["titular"]],
                self.personas[una["delegado"]],
                desde=date.fromisoformat(una["desde"]),
                hasta=date.fromisoformat(una["hasta"]),
                acto=una["acto"],
            )
        return contrasena

    def dar_resoluciones(self) -> None:
        """Las resoluciones de reserva que el archivo inventa."""
        for una in self.datos["resoluciones"]:
            casa = {c: self.instituciones[una[c]] for c in ("autoridad", "custodio")}
            resolucion = ResolucionReserva.objects.create(**{**una, **casa})
            self.asentar("registrar_resolucion", resolucion)

    def asentar(self, acto: str, fila: Any, momento: datetime | None = None) -> None:
        with bitacora.constancia() as asientos:
            asientos.append(bitacora.asiento(acto, fila, por=self.coordinadora, momento=momento))

    def dar_matrices(self) -> None:
        """Matrices y actividades con sus fechas originales: lo demás lo cambian las enmiendas."""
        momento = a_las(date.fromisoformat(self.datos["periodos"][0]["abre"]), 8)
        momento -= timedelta(days=14)
        historia = {"default_user": self.coordinadora, "default_date": momento}
        acciones = {una.codigo: una for una in AccionEstrategica.objects.del_plan(self.plan)}
        matrices = {
            dato["accion"]: MatrizCumplimiento(
                accion=acciones[dato["accion"]], impacto=dato["impacto"], es_demo=True
            )
            for dato in self.datos["matrices"]
        }
        resoluciones = {una.numero: una for una in ResolucionReserva.objects.all()}
        nuevas = bulk_create_with_history(list(matrices.values()), MatrizCumplimiento, **historia)
        for matriz in nuevas:
            self.asentar("escribir_impacto", matriz, momento)
        pares = [
            (matriz["accion"], dato)
            for matriz in self.datos["matrices"]
            for dato in matriz["actividades"]
        ]
        filas = [
            _actividad(dato, matrices[accion], self.instituciones, resoluciones)
            for accion, dato in pares
        ]
        bulk_create_with_history(filas, Actividad, batch_size=500, **historia)
        for (accion, dato), actividad in zip(pares, filas, strict=True):
            self.actividades[accion, dato["numero"]] = actividad
            self.asentar("agregar_actividad", actividad, momento)
        self._lo_que_cuelga(list(zip((dato for _, dato in pares), filas, strict=True)), historia)

    def _lo_que_cuelga(
        self, pares: list[tuple[dict[str, Any], Actividad]], historia: dict[str, Any]
    ) -> None:
        Cooperacion.objects.bulk_create(
            Cooperacion(
                actividad=actividad,
                institucion=self.instituciones.get(una.get("institucion", "")),
                grupo=self.grupos.get(una.get("grupo", "")),
                rol=una["rol"],
            )
            for dato, actividad in pares
            for una in dato["cooperantes"]
        )
        obligado = Actividad.obligados.through
        obligado.objects.bulk_create(
            obligado(actividad=actividad, institucion=self.instituciones[sigla])
            for dato, actividad in pares
            for sigla in dato["obligados"]
        )
        hitos = [
            HitoActividad(
                actividad=actividad,
                **{campo: uno[campo] for campo in ("numero", "descripcion", "peso")},
                fecha_original=date.fromisoformat(uno["fecha_original"]),
                fecha_vigente=date.fromisoformat(uno["fecha_original"]),
            )
            for dato, actividad in pares
            for uno in dato["hitos"]
        ]
        bulk_create_with_history(hitos, HitoActividad, batch_size=500, **historia)
        for hito in hitos:
            self.hitos[hito.actividad_id][hito.numero] = hito.pk


def _actividad(
    dato: dict[str, Any],
    matriz: MatrizCumplimiento,
    instituciones: dict[str, Institucion],
    resoluciones: dict[str, ResolucionReserva],
) -> Actividad:
    columnas = ("numero", "descripcion", "modo", "unidad", "meta", "peso", "visibilidad")
    return Actividad(
        matriz=matriz,
        responsable=instituciones[dato["responsable"]],
        inicio=date.fromisoformat(dato["inicio"]),
        fin_original=date.fromisoformat(dato["fin_original"]),
        fin_vigente=date.fromisoformat(dato["fin_original"]),
        programa_presupuestario=dato["programa_presupuestario"] or "",
        clasificacion=dato["clasificacion"],
        resolucion=resoluciones[dato["resolucion"]] if dato["resolucion"] else None,
        **{columna: dato[columna] for columna in columnas},
    )
