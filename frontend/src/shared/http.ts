/** Requests to our own server: JSON, with the CSRF token, and one kind of error. */

/** What the server answered when it was not what we asked for. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: unknown = null,
  ) {
    super(message);
  }
}

/** The token that proves a request comes from our page. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** Ask for JSON, or send some; throws HttpError for anything but a success. */
export async function request<T>(
  url: string,
  options: { method?: string; json?: unknown; body?: BodyInit; signal?: AbortSignal; headers?: Record<string, string> } = {},
): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  const method = options.method ?? (options.json === undefined && options.body === undefined ? "GET" : "POST");
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  let body = options.body;
  if (options.json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(options.json);
  }
  const response = await fetch(url, { method, headers, body, signal: options.signal, credentials: "same-origin" });
  const text = await response.text();
  const isJson = response.headers.get("Content-Type")?.includes("json") ?? false;
  const answer: unknown = isJson && text ? JSON.parse(text) : text;
  if (!response.ok) {
    const detail = isJson ? (answer as { detail?: string }).detail : undefined;
    throw new HttpError(response.status, detail ?? response.statusText, answer);
  }
  return answer as T;
}
