// The contract's page: Swagger UI on our own OpenAPI, from our own files.
const place = document.getElementById('contract');
SwaggerUIBundle({ url: place.dataset.url, domNode: place, deepLinking: true });
