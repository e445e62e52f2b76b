import { defineConfig } from "vite";

// The page goes into the Python package; the build hook (hatch_build.py) runs this.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../src/skypact/serve/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
  },
});
