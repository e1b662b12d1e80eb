import { defineConfig } from "@kubb/core";
import { pluginClient } from "@kubb/plugin-client";
import { pluginOas } from "@kubb/plugin-oas";
import { pluginTs } from "@kubb/plugin-ts";

const contract = process.env.CONTRACT;
if (!contract) throw new Error("CONTRACT is not set");

export default defineConfig({
  input: { path: contract },
  output: { path: "client", format: false, lint: false },
  plugins: [
    pluginOas({ generators: [] }),
    pluginTs(),
    pluginClient({ client: "fetch", bundle: true, dataReturnType: "full", paramsType: "object" }),
  ],
});
