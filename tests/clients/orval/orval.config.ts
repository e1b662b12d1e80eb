import { defineConfig } from "orval";

const contract = process.env.CONTRACT;
if (!contract) throw new Error("CONTRACT is not set");

export default defineConfig({
  freiton: {
    input: contract,
    output: { target: "client/api.ts", client: "fetch", baseUrl: { runtime: "process.env.FREITON_URL" } },
  },
});
