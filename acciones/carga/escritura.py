"""Lo comparado, a la base: con las llaves resueltas y en el orden en que cabe."""

from typing import Any

from django.db.models import F, Q

from acciones import fuente
from acciones.carga.comparacion import Cambio, Comparacion
from acciones.carga.fichas import Nombre, es_llave
from acciones.models import Plan, Responsabilidad
from instituciones.models import Institucion, Usuario


class Escritura:
    """Lleva a la base lo comparado, con las llaves ya resueltas."""

    def __init__(self, comparado: Comparacion, por: Usuario | None):
        self.comparado, self.por = comparado, por
        self.filas = dict(comparado.filas)

    def todo(self) -> Plan:
        cambios = self.comparado.cambios
        self._quitar()
        self._nacer_instituciones()
        for cambio in sorted(cambios, key=_la_rectora_al_final):
            self._una(cambio)
        for cambio in cambios:
            fila: Any = self.filas[cambio.ficha.nombre]
            for campo, nombres in cambio.muchos.items():
                getattr(fila, campo).set(self.filas[nombre] for nombre in nombres)
        plan = next(c.ficha.nombre for c in cambios if c.ficha.nombre.modelo is Plan)
        fila = self.filas[plan]
        assert isinstance(fila, Plan)  # noqa: S101 (para mypy: el registro es de filas cualesquiera)
        return fila

    def _quitar(self) -> None:
        """Quien ya no responde por una acción deja de estar; lo guarda su historia."""
        for nombre in self.comparado.por_quitar:
            fila: Any = self.filas.pop(nombre)
            fila._history_user = self.por
            fila.delete()

    def _nacer_instituciones(self) -> None:
        """Dos instituciones se revisan una a otra: nacen solas y luego se enlazan."""
        for cambio in self.comparado.cambios:
            if cambio.ficha.nombre.modelo is Institucion and cambio.fila is None:
                sueltas = {
                    c: v for c, v in cambio.ficha.campos.items() if not es_llave(cambio.ficha, c)
                }
                nueva = Institucion.objects.create(**{**sueltas, "reporta": False})
                cambio.fila = self.filas[cambio.ficha.nombre] = nueva
                cambio.columnas = {c: (None, v) for c, v in cambio.ficha.campos.items()}

    def _una(self, cambio: Cambio) -> None:
        ficha, fila = cambio.ficha, cambio.fila
        if fila is None:
            valores = {c: self._resuelto(v) for c, v in {**ficha.campos, **ficha.al_nacer}.items()}
            self._guardar(ficha.nombre, ficha.nombre.modelo(**valores))
        elif cambio.columnas:
            for campo, (_antes, despues) in cambio.columnas.items():
                setattr(fila, campo, self._resuelto(despues))
            _subir_version(fila)
            self._guardar(ficha.nombre, fila)

    def _guardar(self, nombre: Nombre, fila: Any) -> None:
        fila._history_user = self.por
        fila.save()
        self.filas[nombre] = fila

    def _resuelto(self, valor: Any) -> Any:
        return self.filas[valor] if isinstance(valor, Nombre) else valor


def _la_rectora_al_final(cambio: Cambio) -> bool:
    """Sólo una rectora por acción: primero deja de serlo la anterior. El orden es estable."""
    return cambio.ficha.campos.get("rol") == Responsabilidad.Papel.RECTORA


def _subir_version(fila: Any) -> None:
    """Donde hay versión, la guarda antes que el guardado."""
    if not hasattr(fila, "version"):
        return
    suya = type(fila)._default_manager.filter(Q(pk=fila.pk) & Q(version=fila.version))
    if not suya.update(version=F("version") + 1):
        raise fuente.FuenteRechazada([f"Otra persona cambió {fila} mientras se cargaba."])
    fila.version += 1
