import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The server hands these files out under /console/ and allows no inline script.
export default defineConfig({
  base: '/console/',
  plugins: [react()],
  build: { outDir: 'dist', modulePreload: { polyfill: false }, chunkSizeWarningLimit: 900 },
})
