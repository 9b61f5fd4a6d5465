// La documentación de la API: Swagger UI con nuestro esquema, sin pedir nada a otro servidor.
const lugar = document.getElementById("api");

window.SwaggerUIBundle({
  url: lugar.dataset.esquema,
  domNode: lugar,
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  docExpansion: "none",
  persistAuthorization: false,
  presets: [window.SwaggerUIBundle.presets.apis],
});
