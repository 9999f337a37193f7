// Recordings: their sizes in words, uploads with progress, and those of the series folder.
import { get, send, upload } from "./api.js";

export const size = (bytes) =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(bytes / 1e6, 0.1).toFixed(1)} MB`;

/** Uploads a recording. Returns {done: Promise of {upload, name, size}, stop()}. */
export const uploadRecording = (file, report) =>
  upload(`/api/recordings?name=${encodeURIComponent(file.name)}`, file, report);

/** Deletes an upload that is not used. */
export const discardUpload = (id) => send("DELETE", `/api/recordings/${id}`).catch(() => {});

/** Lists the recordings that no talk uses as radio buttons; `choose` is called with {path, title, size}. */
export async function listFolder(place, choose) {
  place.textContent = "Looking …";
  try {
    const { recordings } = await get("/api/recordings");
    const lines = recordings.map((found) => {
      const line = document.createElement("label");
      line.className = "inline";
      const radio = Object.assign(document.createElement("input"), { type: "radio", name: "path", value: found.path });
      radio.addEventListener("change", () => choose(found));
      const text = document.createElement("span");
      text.dir = "auto";
      text.textContent = `${found.path}, ${size(found.size)}, ${found.changed}`;
      line.append(radio, text);
      return line;
    });
    place.replaceChildren(...(lines.length ? lines : ["There is no recording that no talk uses."]));
  } catch (error) {
    place.textContent = error.message;
  }
}
