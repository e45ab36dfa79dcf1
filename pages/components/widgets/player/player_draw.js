// What the player says and offers at this moment: its controls, or why there is no film. See player.js.

/** @param {Player} player */
function drawPlayer(player) {
  const { parts, walk } = player;
  const notice = noticeOf(player);
  parts.controls.hidden = Boolean(notice);
  parts.notice.hidden = !notice;
  if (notice) {
    parts.said.textContent = notice.said;
    parts.bar.hidden = notice.share === undefined;
    parts.fill.style.width = `${100 * (notice.share ?? 0)}%`;
    parts.bar.setAttribute("aria-valuenow", String(Math.round(100 * (notice.share ?? 0))));
    parts.again.hidden = !notice.again;
    parts.convert.hidden = !notice.convert;
  }
  parts.live.textContent = notice && notice.share === undefined ? notice.said : "";
  if (player.trouble === "gone") parts.sight.replaceChildren();
  drawFoot(player);
  if (walk) drawRail(parts, walk);
  drawControls(player);
}

/**
 * @param {Player} player
 * @returns {{ said: string, share?: number, again?: boolean, convert?: boolean } | null}
 */
function noticeOf({ walk, trouble, asked, said }) {
  if (trouble === "gone") return { said: "This crop is gone." };
  if (trouble === "network") return { said: said || "The server did not answer.", again: true };
  if (!walk) return null;
  if (walk.converting) {
    const percent = Math.floor(100 * walk.converting.share);
    return { said: `Converting to H.264: ${percent} %${timeLeft(walk.converting.seconds_left)}`, share: walk.converting.share };
  }
  if (asked) return { said: "Converting to H.264", share: 0 };
  if (!walk.clip) return { said: said || walk.problem, convert: walk.kind === "codec" && walk.convert };
  const convert = walk.convert || walk.clip.said === "as recorded";
  if (trouble === "unplayable") return { said: said || walk.problem || "This browser cannot play the clip.", again: !convert, convert };
  if (trouble === "stalled") return { said: said || "The clip has not started within 8 seconds.", again: true, convert };
  return null;
}

/** @param {Player} player */
function drawControls({ parts, walk, rate, marked }) {
  const { video, root } = parts, ready = Boolean(walk?.clip);
  const plays = ready && !video.paused && !video.ended;
  dress(parts.play, plays ? "Pause" : "Play", plays ? "pause" : "play");
  for (const button of [parts.play, parts.back, parts.on, parts.scrubber]) button.disabled = !ready;
  parts.slower.disabled = rate === SPEEDS[0];
  parts.faster.disabled = rate === SPEEDS[SPEEDS.length - 1];
  parts.speed.textContent = `${rate}×`;
  parts.boxes.setAttribute("aria-pressed", String(marked));
  root.classList.toggle("plain", !marked);
}

/** @param {Player} player */
function drawFoot(player) {
  const { parts, walk, options, crop, home } = player;
  const { reel } = options, strange = crop !== home;
  parts.home.hidden = !strange;
  parts.home.textContent = options.home ?? "Back";
  for (const [button, by, words] of /** @type {const} */ ([[parts.earlier, -1, "Previous"], [parts.later, 1, "Next"]])) {
    button.hidden = reel ? reel.length < 2 : !options.steps;
    const text = reel ? words : `${words} tracklet`;
    if (button.textContent !== text) button.textContent = text;
    button.setAttribute("aria-label", reel ? `${words} walk` : `${words} tracklet of this camera`);
    button.disabled = nextWalk(player, by) === null;
  }
  parts.before.hidden = parts.after.hidden = !walk || walk.stretch[0] <= walk.start && walk.stretch[1] >= walk.end;
  if (walk) {
    parts.before.disabled = walk.stretch[0] <= walk.start;
    parts.after.disabled = walk.stretch[1] >= walk.end;
  }
  parts.facts.replaceChildren();
  parts.strange.textContent = strange ? options.strange ?? "" : "";
  const place = reel && reel.length > 1 ? `${reel.indexOf(crop) + 1} of ${reel.length}` : "";
  const facts = walk ? [place, cameraWords(walk.camera), walk.recording, walk.clip?.said] : [place];
  for (const fact of facts) if (fact) piece(parts.facts, "span", fact === walk?.recording ? "recording" : "", fact);
  parts.facts.title = facts.filter(Boolean).join(" · ");
}

// Which part of the film is the walk, and where in it the crop was cut.
/** @param {PlayerParts} parts @param {Walk} walk */
function drawRail({ scrubber, span, tick }, walk) {
  const { clip } = walk;
  if (!clip) return;
  const long = lengthOf(clip);
  const share = (/** @type {number} */ moment) => Math.max(0, Math.min(1, (moment - clip.first) / long));
  scrubber.max = String(long);
  span.style.left = `${100 * share(walk.start)}%`;
  span.style.right = `${100 * (1 - share(walk.end))}%`;
  tick.style.left = `${100 * share(walk.moment)}%`;
  tick.hidden = walk.moment < clip.first || walk.moment > clip.first + long;
}

/** @param {Clip} clip  Seconds from its first frame to its last. */
const lengthOf = ({ times }) => Math.max(0.001, times[times.length - 1] - times[0]);

/** @param {Player} player @param {number} moment */
function showMoment({ parts, walk }, moment) {
  if (!walk?.clip) return;
  const { text, beside } = momentText(walk, moment);
  const seen = `${text} ${beside}`;
  const into = moment - walk.clip.first;
  parts.scrubber.value = String(into);
  if (parts.moment.dataset.text === seen) return;
  parts.moment.dataset.text = seen;
  parts.scrubber.setAttribute("aria-valuetext", seen);
  parts.moment.replaceChildren();
  piece(parts.moment, "b", "", text);
  piece(parts.moment, "span", "", beside);
}
