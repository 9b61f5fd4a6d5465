"""Matrices y avances por la API: JSON a los mismos formularios y al mismo flujo.

Aquí no hay reglas propias: qué se ve lo dice `visibles_para`; qué vale, `AvanceForm`; y qué se
puede, `flujo`.
"""
