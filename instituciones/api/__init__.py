"""La API por dentro: quién entra, cómo se lee lo pedido y cómo se contesta lo que no se puede.

De aquí parten las vistas de cada app; las rutas se juntan en `pesn.api`. Aquí no hay reglas: lo
que se lee empieza por `visibles_para` y lo que se escribe pasa por los formularios y el flujo.
"""
