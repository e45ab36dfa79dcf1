// The film of the player: which frame is shown, and how one goes to another. Frames are told apart by their moments, the
// clip's `times`: whoever seeks to the middle of a frame's time gets that frame. See player.js.

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const STALLED = 8000; // milliseconds without a first frame, after which one is told

// The frame that is shown at that moment of the recording; `times` are in order.
/** @param {number[]} times @param {number} moment */
function frameAt(times, moment) {
  let low = 0, high = times.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (times[middle] <= moment + 1e-4) low = middle;
    else high = middle - 1;
  }
  return low;
}

// The frame whose moment is next to this one: a browser's own time of a frame is rounded.
/** @param {number[]} times @param {number} moment */
function frameNear(times, moment) {
  const frame = frameAt(times, moment);
  return frame + 1 < times.length && times[frame + 1] - moment < moment - times[frame] ? frame + 1 : frame;
}

/** @param {Clip} clip @param {number} frame  The middle of the frame's time, in seconds of the film. */
function middleOf({ times, first }, frame) {
  const last = times.length - 1;
  const usual = last > 0 ? (times[last] - times[0]) / last : 0.04;
  return (times[frame] + (frame < last ? times[frame + 1] : times[last] + usual)) / 2 - first;
}

// A conversion may lie at the address of what was converted.
/** @param {Clip | null} clip */
const nameOf = (clip) => (clip ? `${clip.said} ${clip.address}` : "");

/** @param {Player} player */
const frameNow = (player) => player.aim ?? player.frame;

/** @param {Player} player @param {number} frame */
function seekTo(player, frame) {
  const clip = player.walk?.clip;
  if (!clip) return;
  player.aim = Math.max(0, Math.min(clip.times.length - 1, frame));
  player.parts.video.currentTime = Math.max(0, middleOf(clip, player.aim));
  showMoment(player, clip.times[player.aim]);
}

/** @param {Player} player @param {number} by */
function stepFrames(player, by) {
  player.parts.video.pause();
  seekTo(player, frameNow(player) + by);
}

/** @param {Player} player */
function playOrPause(player) {
  const { video } = player.parts;
  if (!player.walk?.clip) return;
  if (!video.paused) video.pause();
  else {
    if (frameNow(player) >= player.walk.clip.times.length - 1) seekTo(player, 0);
    video.play().catch(() => {}); // what hinders it is told by the video itself
  }
}

/** @param {Player} player @param {number} by */
function changeSpeed(player, by) {
  const place = SPEEDS.indexOf(player.rate) + by;
  if (place < 0 || place >= SPEEDS.length) return;
  player.rate = SPEEDS[place];
  player.parts.video.playbackRate = player.parts.video.defaultPlaybackRate = player.rate;
  drawControls(player);
}

// Load the walk's clip, and begin at `frame`; it plays from there unless the analyst wants little motion.
/** @param {Player} player @param {Clip} clip @param {number} frame @param {boolean} plays */
function loadClip(player, clip, frame, plays) {
  const { video, root } = player.parts;
  player.loaded = nameOf(clip);
  player.frame = player.aim = frame;
  root.classList.remove("filmed");
  video.src = clip.address;
  video.playbackRate = video.defaultPlaybackRate = player.rate;
  video.onloadedmetadata = () => {
    seekTo(player, frame);
    if (plays) video.play().catch(() => {});
  };
  clearTimeout(player.stall);
  player.stall = setTimeout(() => troubled(player, "stalled"), STALLED);
}

/** @param {Player} player */
function unloadClip(player) {
  const { video, root } = player.parts;
  clearTimeout(player.stall);
  root.classList.remove("filmed");
  player.loaded = "";
  video.pause();
  if (video.hasAttribute("src")) {
    video.removeAttribute("src");
    video.load(); // lets go of what was loaded
  }
}

// Follow what the video shows, for as long as the player is there.
/** @param {Player} player */
function followVideo(player) {
  const { video } = player.parts;
  /** @param {number} moment */
  const shown = (moment) => {
    const clip = player.walk?.clip;
    if (!clip || nameOf(clip) !== player.loaded || video.seeking) return;
    player.aim = null;
    player.frame = frameNear(clip.times, moment);
    appeared(player);
    mark(player.parts, /** @type {Walk} */ (player.walk), clip.times[player.frame]);
    showMoment(player, clip.times[player.frame]);
  };
  const first = () => player.walk?.clip?.first ?? 0;
  if ("requestVideoFrameCallback" in video) {
    /** @type {VideoFrameRequestCallback} */
    const framed = (_, about) => {
      shown(first() + about.mediaTime);
      video.requestVideoFrameCallback(framed);
    };
    video.requestVideoFrameCallback(framed);
  } else {
    const elapsed = () => { // between frames the last one stands
      const clip = player.walk?.clip;
      if (clip) shown(clip.times[frameAt(clip.times, first() + player.parts.video.currentTime)]);
      if (!player.parts.video.paused) requestAnimationFrame(elapsed);
    };
    player.parts.video.addEventListener("playing", elapsed);
    player.parts.video.addEventListener("timeupdate", elapsed);
  }
  video.onseeked = () => { // the frame that was aimed at is there, maybe before it is drawn
    const clip = player.walk?.clip;
    if (player.aim !== null && clip) shown(clip.times[player.aim]);
  };
  video.onplay = video.onpause = video.onended = () => drawControls(player);
  video.onloadeddata = () => { clearTimeout(player.stall); if (player.trouble === "stalled") troubled(player, ""); };
  video.onerror = () => { if (player.loaded && video.hasAttribute("src")) troubled(player, "unplayable"); };
}

// The first frame is on the screen: the still behind it goes.
/** @param {Player} player */
function appeared(player) {
  clearTimeout(player.stall);
  player.parts.root.classList.add("filmed");
}
