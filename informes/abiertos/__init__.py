"""Lo público: ediciones publicadas, su tablero y los datos abiertos, para quien no entra.

Todo sale del `Documento` JSON de una edición pública que se publicó: ni los cortes ni las tablas
vivas se leen aquí. Nada se escribe, y es lo único que una caché ajena puede guardar.
"""
