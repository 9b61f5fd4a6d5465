"""La aplicación de Celery del sistema, con una tarea que sólo dice cuándo empezó."""

import os
import time
from pathlib import Path

from pesn.celery import app


@app.task(ignore_result=True)
def marcar(nombre: str) -> None:
    """Deja la hora en un archivo con ese nombre."""
    (Path(os.environ["MARCAS"]) / nombre).write_text(f"{time.time():.4f}")
