#!/usr/bin/env python
"""Puerta de los mandatos de operación."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pesn.settings")
    # Entre dos consultas un mandato calcula más que una página, y nadie espera detrás de él.
    os.environ.setdefault("TRANSACCION_OCIOSA_MS", "600000")
    from pesn.mandatos import correr

    correr(sys.argv)
