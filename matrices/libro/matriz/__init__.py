"""El libro de una matriz de cumplimiento: bajarlo vacío o prellenado, ensayarlo y aplicarlo.

Traduce entre hojas y las mismas clases de formulario y los mismos verbos de la pantalla. Se guarda
todo o nada; lo que no viene no se toca y nada se borra, salvo un hito que se deja vacío.
"""
