// The files of a talk: its images and its recording.
import { RequestError, send, upload } from "./api.js";
import { edits, make, root, saved, showProblems, slug } from "./details_form.js";
import { listFolder, uploadRecording } from "./recordings.js";

for (const box of root.querySelectorAll("[data-picture]")) {
  const kind = box.dataset.picture;
  const path = `/api/talks/${slug}/picture?kind=${kind}`;
  const image = make("img", { alt: `${box.querySelector(".label").textContent} of this talk`, hidden: true });
  box.querySelector(".label").after(image);
  const remove = box.querySelector("button");
  const problem = box.querySelector(".problem");
  const showPicture = (exists) => {
    image.hidden = remove.hidden = !exists;
    box.querySelector(".hint").hidden = exists;
    if (exists) image.src = `${path}&now=${Date.now()}`;
    else image.removeAttribute("src");
  };
  const say = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
  };
  box.showPicture = showPicture;
  box.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    say("");
    try {
      await upload(path, file, () => {}).done;
      showPicture(true);
      saved.textContent = "Saved";
    } catch (error) {
      say(error instanceof RequestError ? error.message : String(error));
    }
    event.target.value = "";
  });
  remove.addEventListener("click", async () => {
    try {
      await send("DELETE", path);
      showPicture(false);
      box.querySelector("input").focus();
    } catch (error) {
      say(error.message);
    }
  });
}

const recordingBox = document.getElementById("recording");
const [recordingBar, stopUpload] = ["progress", "button"].map((name) => recordingBox.querySelector(name));

async function setRecording(chosen) {
  try {
    const answer = await send("POST", `/api/talks/${slug}/recording`, { recording: chosen, was: edits.value("recording") });
    await edits.load();
    recordingBox.querySelector("details").open = false;
    saved.textContent = "Saved";
    showProblems("recording", answer.problems);
  } catch (error) {
    if (error.status === 409) await edits.load();
    const conflict = "The file names another recording now.";
    showProblems("recording", error.body?.problems ?? [{ key: "recording", text: error.status === 409 ? conflict : error.message }]);
  }
}

document.getElementById("f-recording").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  recordingBar.hidden = stopUpload.hidden = false;
  const sending = uploadRecording(file, (part) => (recordingBar.value = part));
  stopUpload.onclick = sending.stop;
  try {
    const { upload: id } = await sending.done;
    await setRecording({ upload: id });
  } catch (error) {
    showProblems("recording", [{ key: "recording", text: error.message }]);
  }
  recordingBar.hidden = stopUpload.hidden = true;
  event.target.value = "";
});

recordingBox.querySelector("details").addEventListener("toggle", (event) => {
  if (event.target.open) listFolder(event.target.querySelector("div"), ({ path }) => setRecording({ path }));
});
