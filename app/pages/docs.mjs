// Swagger UI over this server's own OpenAPI document. Its badge would ask a validator elsewhere.
globalThis.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
});
