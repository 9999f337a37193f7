// Requests to the studio's server. Both functions throw a RequestError if it refuses.

export class RequestError extends Error {
  constructor(status, body) {
    const problems = (body.problems ?? []).map((one) => `${one.file}:${one.line}: ${one.key}: ${one.text}`);
    super([body.error, ...problems].filter(Boolean).join("\n") || `The server answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

async function request(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", ...options });
  } catch {
    throw new RequestError(0, { error: "The studio does not answer. Is `publisher studio` still running?" });
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new RequestError(answer.status, body);
  return body;
}

export const token = document.querySelector("meta[name=token]")?.content ?? "";

/** The JSON document at a path. */
export const get = (path) => request(path);

/** Sends a JSON document with a change; returns the answer's. */
export const send = (method, path, body) =>
  request(path, {
    method,
    headers: { "Content-Type": "application/json", "X-Publisher-Token": token },
    body: JSON.stringify(body ?? null),
  });

/** Sends a file as it is, with progress from 0 to 1. Returns {done: Promise, stop()}. */
export function upload(path, file, report) {
  const sent = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    sent.open("PUT", path);
    sent.setRequestHeader("X-Publisher-Token", token);
    sent.responseType = "json";
    sent.upload.onprogress = (event) => event.lengthComputable && report(event.loaded / event.total);
    sent.onload = () =>
      sent.status < 300 ? resolve(sent.response) : reject(new RequestError(sent.status, sent.response ?? {}));
    sent.onerror = () => reject(new RequestError(0, { error: "The connection broke; nothing was changed." }));
    sent.onabort = () => reject(new RequestError(0, { error: "Stopped; nothing was changed." }));
    sent.send(file);
  });
  return { done, stop: () => sent.abort() };
}
