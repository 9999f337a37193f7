// The talk's page: replaces the browser's player by the deck, makes times seek, follows the transcript.
// Without it everything on the page can still be heard, read and found.
(() => {
const one = (css, from = document) => from.querySelector(css);
const all = (css, from = document) => [...from.querySelectorAll(css)];
const fill = (words, ...values) => values.reduce((text, value) => text.replace("{}", value), words);
const player = one("#player"), video = one("#video"), bar = one("#bar");
const audio = player && one("audio", player);
const film = video && one("video", video);
const words = player ? player.dataset : {};
const length = +words.length || 0;
const KEY = "talk:" + location.pathname;

// Times
const digits = words.digits || "0123456789";
const clock = seconds => {
  const s = Math.max(0, Math.floor(seconds)), h = Math.floor(s / 3600), m = Math.floor(s % 3600 / 60);
  const two = n => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
};
const said = seconds => clock(seconds).replace(/\d/g, n => digits[n]);
const spoken = seconds => {
  const part = (unit, amount) => new Intl.NumberFormat(document.documentElement.lang, {style: "unit", unit, unitDisplay: "long"}).format(amount);
  const m = Math.floor(seconds / 60);
  return (m ? part("minute", m) + " " : "") + part("second", Math.floor(seconds % 60));
};
const timeOf = hash => {
  const found = /^#t=(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)$/.exec(decodeURIComponent(hash));
  return found ? (+found[1] || 0) * 3600 + (+found[2] || 0) * 60 + +found[3] : null;
};

// What this device remembers; a browser may refuse to
const memory = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { if ("embedded" in words) return; try { localStorage.setItem(key, value); } catch { /* refused */ } },
  forget() { try { Object.keys(localStorage).filter(k => k.startsWith("talk:")).forEach(k => localStorage.removeItem(k)); } catch { /* refused */ } },
};

let frame = null;
const inVideo = at => Math.max(0, at - (+video.dataset.intro || 0));
const showVideo = at => {
  if (audio) audio.pause();
  if (frame) {
    const command = (func, args) => frame.contentWindow.postMessage(JSON.stringify({event: "command", func, args}), "https://www.youtube-nocookie.com");
    command("seekTo", [inVideo(at), true]);
    command("playVideo", []);
    return;
  }
  frame = document.createElement("iframe");
  frame.title = video.dataset.title;
  frame.allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
  frame.referrerPolicy = "strict-origin-when-cross-origin";
  frame.src = `https://www.youtube-nocookie.com/embed/${encodeURIComponent(video.dataset.video)}?autoplay=1&enablejsapi=1&rel=0&start=${Math.floor(inVideo(at))}`;
  one("a", video).replaceWith(frame);
  frame.focus();
};
if (video && !film) {
  one(".js", video).hidden = false;
  one(".nojs", video).hidden = true;
  one("a", video).addEventListener("click", event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    showVideo(audio ? place() : 0);
  });
}

// Sound
const chapters = all(".chapters .seek").map(link => ({at: timeOf(link.hash), link, title: one(".t + *", link).textContent}));
const chapterAt = at => chapters.filter(chapter => chapter.at <= at).pop();
let medium = audio || film;   // what was played last
let start = 0;          // where playing will begin, while nothing is loaded
let wanted = false;     // whether the reader wants sound, loaded or not
let rate = 1;
// The file with the picture has no intro; the page's times are those of the sound.
const lead = item => item === film ? +video.dataset.intro || 0 : 0;
const place = () => medium.readyState ? medium.currentTime + lead(medium) : start;
const move = (item, at) => { item.currentTime = Math.max(0, at - lead(item)); };
const line = audio && one("input", player), say = audio && one(".word", player);
let message = "";

function show() {
  const at = place(), chapter = chapterAt(at), title = chapter ? chapter.title : "";
  chapters.forEach(c => {
    c.link.classList.toggle("now", c === chapter && wanted);
    if (c === chapter && wanted) c.link.setAttribute("aria-current", "true"); else c.link.removeAttribute("aria-current");
  });
  if (!audio) return;
  all(".played").forEach(rect => rect.setAttribute("width", `${length ? Math.min(100, at / length * 100) : 0}%`));
  all("[data-now]").forEach(place => { place.textContent = said(at); });
  if (document.activeElement !== line || Math.abs(line.value - at) < 4) line.value = at;
  line.setAttribute("aria-valuetext", fill(words.of, spoken(at), spoken(length)) + (title ? ", " + title : ""));
  if (say.textContent !== (message || title)) say.textContent = message || title;
  if (bar) one(".word", bar).textContent = message || title;
  const next = one(".later-chapter", player);
  if (next) next.disabled = chapter === chapters[chapters.length - 1];
  const share = one(".share", player);
  if (share && !share.dataset.busy) share.textContent = fill(words.share, said(at));
}
function tell(text) { message = text; show(); }
function go(at, play = true) {
  at = Math.max(0, Math.min(at, length ? length - .2 : at));
  start = at;
  [audio, film].forEach(item => { if (item && (item.readyState || item !== medium)) move(item, at); });
  message = "";
  show();
  if (play) playNow();
}
function playNow(refused = "") {
  wanted = true;
  if (!medium.readyState) move(medium, start);
  medium.play().catch(() => { wanted = false; tell(refused); });
}
// Sound and picture take turns; the one that begins goes on where the other one was.
function use(other) {
  if (medium === other) return;
  start = place();
  medium.pause();
  medium = other;
  if (Math.abs(medium.currentTime + lead(medium) - start) > 1) move(medium, start);
}
const toggle = () => { use(audio); if (audio.paused) playNow(); else audio.pause(); };
const skip = by => go(place() + by, !medium.paused);
const turn = by => {
  const at = place(), here = chapters.indexOf(chapterAt(at));
  const to = chapters[by < 0 && at - chapters[here].at > 3 ? here : here + by];
  if (to) go(to.at, !medium.paused);
};

if (audio) {
  audio.removeAttribute("controls");
  audio.hidden = true;
  one(".deck", player).hidden = false;
  player.classList.add("on");
  let waiting, retried = false, saved = 0;
  const failed = yes => all(".again", player).forEach(item => { item.hidden = !yes; });
  const states = [player, bar].filter(Boolean);
  const mark = (name, on) => states.forEach(item => item.classList.toggle(name, on));
  const buttons = all(".play", document);
  const label = text => buttons.forEach(button => button.setAttribute("aria-label", text));
  const on = (names, act) => names.split(" ").forEach(event => audio.addEventListener(event, act));

  on("play", () => { use(audio); mark("playing", true); label(words.pause); channel && channel.postMessage(KEY); });
  on("pause ended", () => { mark("playing", false); mark("busy", false); label(words.play); keep(true); });
  on("loadedmetadata", () => { if (medium === audio && Math.abs(audio.currentTime - start) > 1) audio.currentTime = start; audio.playbackRate = rate; });
  on("waiting", () => { clearTimeout(waiting); waiting = setTimeout(() => { mark("busy", true); tell(words.loading); }, 300); });
  on("playing seeked canplay", () => { clearTimeout(waiting); mark("busy", false); failed(false); if (message) tell(""); });
  on("playing", () => { retried = false; wanted = true; });
  const tick = () => { show(); followWords(); keep(); session(); };
  on("timeupdate", () => { if (medium === audio) tick(); });
  if (film) {
    film.addEventListener("timeupdate", () => { if (medium === film) tick(); });
    film.addEventListener("play", () => channel && channel.postMessage(KEY));
    film.addEventListener("pause", () => keep(true));
  }
  on("ended", () => { memory.set(KEY, 0); wanted = false; });
  const broken = () => {
    if (!wanted) return;
    clearTimeout(waiting);
    start = audio.currentTime || start;
    mark("busy", false); mark("playing", false);
    label(words.play);
    tell(words.failed);
    failed(true);
  };
  on("error", broken);
  const sources = all("source", audio);
  sources[sources.length - 1].addEventListener("error", broken);
  const again = () => { failed(false); tell(""); audio.load(); playNow(); };
  one("button.again", player).addEventListener("click", again);
  addEventListener("online", () => { if (!one("button.again", player).hidden && !retried) { retried = true; again(); } });

  const keep = force => {
    const at = place();
    if (medium.readyState && (force || Math.abs(at - saved) > 5) && at > 5) {
      saved = at;
      memory.set(KEY, Math.floor(at));
      const forget = one(".forget", player);
      if (forget) forget.hidden = false;
    }
  };

  buttons.forEach(button => button.addEventListener("click", toggle));
  all(".back").forEach(button => button.addEventListener("click", () => skip(-15)));
  all(".forward").forEach(button => button.addEventListener("click", () => skip(30)));
  all(".earlier-chapter").forEach(button => button.addEventListener("click", () => turn(-1)));
  all(".later-chapter").forEach(button => button.addEventListener("click", () => turn(1)));
  line.addEventListener("input", () => { go(+line.value, false); });
  line.addEventListener("keydown", event => {
    const by = {ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, PageUp: 30, PageDown: -30, Home: -1e9, End: 1e9}[event.key];
    if (by) { event.preventDefault(); skip(by); line.value = place(); }
    if (event.key === " ") { event.preventDefault(); toggle(); }
  });

  const speed = one(".speed", player), RATES = [1, 1.25, 1.5, 1.75, 2, .75];
  const setRate = value => {
    rate = RATES.includes(value) ? value : 1;
    audio.playbackRate = rate;
    if (!speed) return;
    const shown = new Intl.NumberFormat(document.documentElement.lang).format(rate).replace(/\d/g, n => digits[n]) + "×";
    speed.textContent = shown;
    speed.setAttribute("aria-label", fill(words.speed, shown));
  };
  setRate(+memory.get("talk:speed") || 1);
  if (speed) speed.addEventListener("click", () => { setRate(RATES[(RATES.indexOf(rate) + 1) % RATES.length]); memory.set("talk:speed", rate); });

  // Some phones have buttons for the volume only: there a page cannot set it.
  const loud = one(".loud", player);
  audio.volume = .5;
  if (loud && audio.volume === .5) {
    const level = one(".volume", loud), mute = one(".mute", loud);
    const setVolume = value => {
      audio.volume = value;
      audio.muted = value === 0;
      level.value = value;
      loud.classList.toggle("silent", audio.muted);
      mute.setAttribute("aria-pressed", audio.muted);
    };
    const kept = memory.get("talk:volume");
    setVolume(kept === null ? 1 : Math.min(1, Math.max(0, +kept || 0)));
    loud.hidden = false;
    level.addEventListener("input", () => { setVolume(+level.value); memory.set("talk:volume", level.value); });
    mute.addEventListener("click", () => setVolume(audio.muted ? +memory.get("talk:volume") || 1 : 0));
  } else audio.volume = 1;

  // The address that was shared stays in sight: it can be checked, and copied by hand where a page may not copy.
  const share = one(".share", player), shared = one(".shared", player);
  if (share) share.addEventListener("click", async () => {
    const url = words.link + "#t=" + clock(place());
    if (navigator.share) try { await navigator.share({title: document.title, url}); return; } catch (error) { if (error.name === "AbortError") return; }
    const address = shared && one("input", shared);
    if (shared) { shared.hidden = false; address.value = url; }
    let copied = true;
    try { await navigator.clipboard.writeText(url); } catch { copied = false; }
    if (shared) one("p", shared).textContent = copied ? words.copied : words.copy;
    if (!copied) { if (shared) { address.focus(); address.select(); } return; }
    share.dataset.busy = "1";
    share.textContent = words.copied;
    setTimeout(() => { delete share.dataset.busy; show(); }, 1500);
  });

  const forget = one(".forget", player);
  const remembered = +memory.get(KEY);
  if (forget) {
    forget.hidden = !remembered;
    forget.addEventListener("click", () => {
      memory.forget();
      if (!audio.readyState) start = 0;
      saved = 1e9;
      setRate(1);
      tell(words.forgotten);
      forget.hidden = true;
      buttons[0].focus();
    });
  }

  const asked = timeOf(location.hash);
  if (asked !== null) { start = Math.min(asked, length || asked); message = fill(words.start, said(start)); }
  else if (remembered && !("embedded" in words) && remembered < length - 10) { start = remembered; message = fill(words.continue, said(start)); }
  show();
  // "Play" in a list leads here. The address is cleaned, so that neither a reload nor a copy of it plays.
  if (location.hash === "#player") {
    history.replaceState(null, "", location.pathname + location.search);
    playNow(words.press);
    buttons[0].focus({preventScroll: true});
  }
  addEventListener("hashchange", () => { const at = timeOf(location.hash); if (at !== null) go(at, wanted); });

  // One player at a time, across tabs
  const channel = window.BroadcastChannel ? new BroadcastChannel("talk") : null;
  if (channel) channel.onmessage = () => medium.pause();

  // The lock screen
  const media = navigator.mediaSession;
  if (media && window.MediaMetadata) {
    media.metadata = new MediaMetadata({title: one("h1").textContent, artist: words.artist, album: words.album, artwork: location.protocol === "file:" ? [] : [{src: words.art, sizes: "1400x1400", type: "image/jpeg"}]});
    const actions = {play: () => playNow(), pause: () => medium.pause(), seekbackward: e => skip(-(e.seekOffset || 15)), seekforward: e => skip(e.seekOffset || 30), seekto: e => go(e.seekTime, !medium.paused)};
    if (chapters.length) Object.assign(actions, {previoustrack: () => turn(-1), nexttrack: () => turn(1)});
    for (const [action, act] of Object.entries(actions)) { try { media.setActionHandler(action, act); } catch { /* not on this platform */ } }
  }
  function session() {
    if (media && media.setPositionState && length) media.setPositionState({duration: length, position: Math.min(place(), length), playbackRate: medium.playbackRate});
  }

  // The small bar, once playing and the player out of sight
  if (bar && window.IntersectionObserver) {
    let seen = true;
    const update = () => { bar.hidden = seen || medium !== audio || !wanted && !audio.currentTime; };
    new IntersectionObserver(entries => { seen = entries[entries.length - 1].isIntersecting; update(); }).observe(player);
    on("play pause", update);
  }
}

if (film) {
  film.addEventListener("play", () => { use(film); wanted = true; message = ""; film.classList.add("played"); show(); });
  // Somebody who moves the picture's own line wants the picture to begin there.
  film.addEventListener("seeking", () => { if (medium !== film && Math.abs(film.currentTime + lead(film) - start) > 1) { medium.pause(); medium = film; } });
  film.addEventListener("loadedmetadata", () => { if (medium === film && Math.abs(place() - start) > 1) move(film, start); });
  film.addEventListener("ended", () => { memory.set(KEY, 0); wanted = false; });
  if (!audio) film.addEventListener("timeupdate", () => { show(); followWords(); });
}

// Every link to a time seeks where there is something to seek in
document.addEventListener("click", event => {
  const link = event.target.closest('a[href^="#t="]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !(audio || video)) return;
  if (getSelection().toString() && link.classList.contains("cue")) { event.preventDefault(); return; }
  const at = timeOf(link.hash);
  if (at === null) return;
  event.preventDefault();
  history.replaceState(null, "", link.hash);
  if (frame || !medium) showVideo(at); else go(at);
});

// Transcript: following
const cues = all(".cue").map(link => ({at: timeOf(link.hash), link, for: 30})).filter(cue => cue.at !== null);
// A very long transcript has links for its turns only: then these are followed.
if (!cues.length) cues.push(...all(".turn").map(turn => ({at: timeOf(one(".at", turn).hash), link: one(".read", turn), for: 300})));
const scripts = all(".turns").map(script => cues.filter(cue => script.contains(cue.link)));
let following = false, lit = [];
const follow = bar && one(".follow", bar);
function setFollowing(on) {
  following = on;
  if (follow) follow.setAttribute("aria-pressed", on);
  if (on && lit[0]) lit[0].scrollIntoView({block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth"});
}
function followWords() {
  const at = place() + .2;
  // A cue in two paragraphs is two links with one time.
  const now = scripts.flatMap(script => { const said = script.filter(cue => cue.at <= at && at - cue.at < cue.for), last = said.pop(); return last ? [...said.filter(cue => cue.at === last.at), last].map(cue => cue.link) : []; });
  if (now.length === lit.length && now.every((link, n) => link === lit[n])) return;
  lit.forEach(link => link.classList.remove("now"));
  now.forEach(link => link.classList.add("now"));
  lit = now;
  if (following) setFollowing(true);
}
if (follow) {
  follow.addEventListener("click", () => setFollowing(!following));
  ["wheel", "touchmove"].forEach(name => addEventListener(name, () => following && setFollowing(false), {passive: true}));
  addEventListener("keydown", event => { if (following && !event.target.closest("#bar")) setFollowing(false); });
  document.addEventListener("selectionchange", () => { if (following && getSelection().toString()) setFollowing(false); });
}

// Transcript: finding. Marks are painted, the words on the page stay as they are.
const find = one(".find");
if (find) {
  find.hidden = false;
  const field = one("input", find), status = one("p", find);
  const plain = text => text.toLowerCase().replace(/[يى]/g, "ی").replace(/ك/g, "ک").replace(/[’‘]/g, "'");
  let ranges = [], here = -1;
  const paint = () => {
    if (!window.Highlight) return;
    CSS.highlights.set("found", new Highlight(...ranges));
    CSS.highlights.set("found-here", new Highlight(...ranges.slice(here, here + 1)));
  };
  const step = by => {
    if (!ranges.length) return;
    here = (here + by + ranges.length) % ranges.length;
    ranges[here].startContainer.parentElement.scrollIntoView({block: "center"});
    const count = n => String(n).replace(/\d/g, d => digits[d]);
    status.textContent = fill(status.dataset.found, count(here + 1), count(ranges.length));
    paint();
  };
  const look = () => {
    const sought = plain(field.value.trim());
    ranges = []; here = -1;
    if (sought.length > 1) for (const script of all(".turns")) {
      const nodes = []; let text = "";
      const walk = document.createTreeWalker(script, NodeFilter.SHOW_TEXT, node => node.parentElement.closest(".cue, .read") && node.data.trim() ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT);
      while (walk.nextNode()) { const node = walk.currentNode; nodes.push([text.length, node]); text += plain(node.data) + (node.parentElement.matches(".cue") && node.parentElement.nextSibling ? " " : ""); }
      const spot = at => { const [from, node] = nodes.filter(n => n[0] <= at).pop(); return [node, Math.min(at - from, node.length)]; };
      for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + sought.length)) {
        const range = document.createRange();
        range.setStart(...spot(at));
        range.setEnd(...spot(at + sought.length - 1)); range.setEnd(range.endContainer, Math.min(range.endOffset + 1, range.endContainer.length));
        ranges.push(range);
      }
    }
    status.textContent = field.value.trim().length > 1 && !ranges.length ? status.dataset.none : "";
    paint();
    if (ranges.length) step(1);
  };
  field.addEventListener("input", look);
  field.addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); } });
  all("button", find).forEach(button => button.addEventListener("click", () => step(+button.dataset.step)));
}
})();
