const { language, token } = document.currentScript.dataset;
// The policy of the page allows no code from text, which this library would otherwise try.
globalThis.__zod_globalConfig = { jitless: true };

addEventListener("DOMContentLoaded", () => {
  Scalar.createApiReference("#reference", {
    url: `openapi.json?lang=${language}`,
    // As it is, what is selected would cover the heading beside it.
    localization: { locale: language, translations: { authSelector: { selectedType: "{type}" } } },
    authentication: { preferredSecurityScheme: "bearerAuth", securitySchemes: { bearerAuth: { token } } },
    defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
    // Nothing that would leave this machine.
    withDefaultFonts: false,
    proxyUrl: "",
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: "never",
  });
});
