const { language, token } = document.currentScript.dataset;
// The policy of the page allows no code from text, which this library would otherwise try.
globalThis.__zod_globalConfig = { jitless: true };

addEventListener("DOMContentLoaded", async () => {
  const answer = await fetch(`openapi.json?lang=${language}`);
  const contract = await answer.json();
  // Else the examples of all optional parameters would be sent at once, which is no sensible request.
  for (const parameter of Object.values(contract.components.parameters).filter((each) => !each.required)) {
    parameter.examples ??= { example: { value: parameter.example } };
    delete parameter.example;
    Object.values(parameter.examples).forEach((each) => (each["x-disabled"] = true));
  }
  Scalar.createApiReference("#reference", {
    content: contract,
    // As it is, what is selected would cover the heading beside it.
    localization: { locale: language, translations: { apiClient: { authSelector: { selectedType: "{type}" } } } },
    authentication: { preferredSecurityScheme: "bearerAuth", securitySchemes: { bearerAuth: { token } } },
    documentDownloadType: "none",
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
