"""Por qué un paso no se dio: la fila cambió, o no está donde el paso la necesita."""

from django.db.models import Model


class Conflicto(Exception):
    """Algo cambió o no se puede ahora; `actual` es la fila como está, para mostrarla."""

    def __init__(self, mensaje: str, actual: Model | None = None):
        super().__init__(mensaje)
        self.actual = actual


class PasoInvalido(Conflicto):
    """El paso no sale del estado en que está la fila, o le falta una condición."""


class VersionAjena(Conflicto):
    """Otra persona escribió antes sobre la versión que ésta vio."""

    def __init__(self, actual: Model):
        super().__init__("Otra persona guardó cambios antes que usted.", actual)
