"""El tablero: dónde está el plan en un semestre, frente a otro, y por qué.

De un semestre cortado se lee su corte; del que corre, lo validado hasta hoy. Ambos dan el mismo
`Contenido`, que se recorta a lo que los filtros piden y se dibuja. Aquí no se escribe nada.
"""
