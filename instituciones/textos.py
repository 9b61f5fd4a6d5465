"""El texto que alguien escribe, limpio al entrar: lo que aquí pasa se puede guardar y dibujar.

Una sola forma para pantalla, libro y API: NFC, saltos de línea iguales, y ningún carácter que
rompa un archivo o engañe a quien lee. De un nombre se exige más: que se vea entero.
"""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

SALTOS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
INVISIBLES = re.compile("[\u200b\u2060\ufeff\u00ad]")
PROHIBIDOS = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufff9-\ufffb]"
)
NO_SE_VEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


def en_un_renglon(texto: str) -> None:
    """Un nombre va en un renglón, sin saltos ni signos que no se ven o voltean el texto."""
    malo = next((letra for letra in texto if unicodedata.category(letra) in NO_SE_VEN), None)
    if malo:
        raise ValidationError(
            f"Trae un carácter que no se ve (U+{ord(malo):04X}): bórrelo.",
            code="caracter_no_admitido",
        )


def limpiar(texto: str) -> str:
    """El mismo texto en NFC; lanza ValidationError si trae algo que no se puede guardar.

    Los saltos que pegan los procesadores de palabras se vuelven renglones; los espacios de ancho
    cero se quitan, salvo los que unen emoji o dan dirección a un idioma.
    """
    limpio = INVISIBLES.sub("", SALTOS.sub("\n", texto))
    malo = PROHIBIDOS.search(limpio)
    if malo or any(ord(letra) & 0xFFFE == 0xFFFE for letra in limpio):
        cual = f" (U+{ord(malo[0]):04X})" if malo else ""
        raise ValidationError(
            f"Hay un carácter que no se puede guardar{cual}: bórrelo o escriba el texto de nuevo.",
            code="caracter_no_admitido",
        )
    return unicodedata.normalize("NFC", limpio).strip()


class TextoField(forms.CharField):
    """Un texto limpio; `renglones` de alto si es largo."""

    def to_python(self, value: Any) -> str:
        return limpiar(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Los saltos de línea que pone el navegador no son un cambio."""
        try:
            return self.to_python(data) != (initial or "")
        except ValidationError:
            return True


def area(renglones: int = 4) -> forms.Textarea:
    """El recuadro para escribir varios renglones."""
    return forms.Textarea(attrs={"rows": renglones})
