/** Icons of islands: symbols of the sprite that the build makes of the names used in these files. */

import { html, type TemplateResult } from "lit";

const sprite = (): string => document.querySelector<HTMLElement>("[data-sprite]")?.dataset["sprite"] ?? "";

/** A Lucide icon as ornament; what it says is said in words beside it. */
export function icon(name: string, css = ""): TemplateResult {
  return html`<svg class="icon ${css}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round"
    stroke-linejoin="round" aria-hidden="true"><use href="${sprite()}#${name}"></use></svg>`;
}
