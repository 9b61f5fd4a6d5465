"""`./medir`: corre las medidas y escribe una tabla de razones; falla si una pasa de su meta."""

import sys

from rendimiento.registro import correr, medidas

ANCHOS = (34, 18, 18, 14, 22)


def renglon(*celdas: str) -> str:
    """Las celdas alineadas en columnas."""
    return " · ".join(
        celda.ljust(ancho) for celda, ancho in zip(celdas, ANCHOS, strict=True)
    ).rstrip()


def main(buscado: str = "") -> int:
    """Las medidas cuyo nombre contiene `buscado`; 1 si alguna no cumple."""
    fuera = 0
    sys.stdout.write(renglon("trabajo", "nuestra", "ingenua", "razón (meta)", "memoria") + "\n")
    for medida in medidas():
        if buscado.lower() not in medida.trabajo.lower():
            continue
        nuestra, ingenua = correr(medida, "nuestra"), correr(medida, "ingenua")
        razon, memoria = nuestra.procesador / ingenua.procesador, nuestra.memoria / ingenua.memoria
        fuera += razon > medida.meta or memoria > (medida.meta_memoria or memoria)
        sys.stdout.write(
            renglon(
                medida.trabajo,
                f"{nuestra.procesador:.3f} s",
                f"{ingenua.procesador:.3f} s",
                f"{razon:.2f} ({medida.meta:.2f})",
                f"{nuestra.memoria:.0f} / {ingenua.memoria:.0f} MB = {memoria:.2f}",
            )
            + f"\n  nuestra: {nuestra.dijo} · ingenua: {ingenua.dijo}\n"
        )
    return 1 if fuera else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
