// How the points of point_map.js are painted: one by one by WebGL2, or as a picture of their density.

const LIGHT = ["#2f8b9b", "#c2571a", "#6b5bb5", "#5b8c2a", "#b8406b", "#94700f", "#3566b8", "#7a4b33", "#17845f", "#a24bb0"];
const DARK = ["#55b4c4", "#eb8f55", "#a79af0", "#96c763", "#ea7fa6", "#d3ad45", "#7ea7f0", "#c39075", "#4fc79f", "#d48ae0"];
const SCALE = [[68, 58, 131], [49, 104, 142], [33, 145, 140], [94, 201, 98], [240, 214, 60]]; // dark to light
const UNKNOWN = 255; // code of a scale's unknown values
const MIXED = [84, 97, 103], MIXED_DARK = [150, 164, 170]; // where no group prevails
const CELL = 2; // pixels of a cell of the density picture
const CODES = 65_536;

// --- one by one ---

// `dim` 1 is greyed. Of a map of three dimensions nearer points are larger, and hide those behind them.
const VERTEX = `#version 300 es
precision highp float; precision highp int; precision highp sampler2D;
in vec3 place; in uint code; in uint dim;
uniform vec3 across, down, into; uniform vec2 centre, zoom, depth; uniform float size; uniform int greyed;
uniform sampler2D palette;
flat out vec4 colour; flat out float wide, hard;
void main() {
  bool grey = dim == 1u;
  float near = depth.y > 0.0 ? clamp((dot(into, place) - depth.x) / depth.y, -1.0, 1.0) : 0.0;
  gl_Position = grey == (greyed == 1)
    ? vec4((vec2(dot(across, place), dot(down, place)) - centre) * zoom, -0.9 * near, 1.0) : vec4(9.0, 9.0, 9.0, 1.0);
  hard = depth.y > 0.0 ? 1.0 : 0.0;
  wide = size * (1.0 + 0.3 * near);
  gl_PointSize = wide;
  vec3 own = texelFetch(palette, ivec2(int(code) & 255, int(code) >> 8), 0).rgb;
  colour = grey ? vec4(0.5, 0.5, 0.5, 0.2) : vec4(own, hard > 0.0 ? 0.85 + 0.15 * near : 0.86);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
flat in vec4 colour; flat in float wide, hard; out vec4 pixel;
void main() {
  float edge = (0.5 - distance(gl_PointCoord, vec2(0.5))) * wide;
  if (edge <= 0.0) discard;
  float alpha = colour.a * max(min(edge, 1.0), hard); // what hides others has no soft edge
  pixel = vec4(colour.rgb * alpha, alpha);
}`;
const UNIFORMS = ["across", "down", "into", "centre", "zoom", "depth", "size", "greyed"];
const INPUTS = ["place", "code", "dim"];

class Painter {
  // Without WebGL2, or where its shaders cannot be made, `gl` is null.
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { alpha: true, antialias: false, preserveDrawingBuffer: true });
    const program = gl && programOf(gl);
    this.gl = program ? gl : null;
    if (!program) return;
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.at = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]));
    this.inputs = Object.fromEntries(INPUTS.map((name) => [name, gl.getAttribLocation(program, name)]));
    this.buffers = Object.fromEntries(INPUTS.map((name) => [name, gl.createBuffer()]));
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
  }

  fill(name, values, dimensions) {
    const gl = this.gl, place = this.inputs[name];
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(place);
    if (name === "place") gl.vertexAttribPointer(place, dimensions, gl.FLOAT, false, 0, 0);
    else gl.vertexAttribIPointer(place, 1, name === "code" ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE, 0, 0);
  }

  colours(palette) {
    const gl = this.gl;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 256, 0, gl.RGBA, gl.UNSIGNED_BYTE, palette);
  }

  draw(count, camera, width, height, ratio, size) {
    const { gl, at } = this;
    gl.viewport(0, 0, Math.round(width * ratio), Math.round(height * ratio));
    gl.clearColor(0, 0, 0, 0);
    gl.depthMask(true);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    if (!count) return;
    if (camera.depth[1]) gl.enable(gl.DEPTH_TEST); else gl.disable(gl.DEPTH_TEST);
    gl.uniform3fv(at.across, camera.across);
    gl.uniform3fv(at.down, camera.down);
    gl.uniform3fv(at.into, camera.into);
    gl.uniform2f(at.centre, camera.x, camera.y);
    gl.uniform2f(at.zoom, (2 * camera.scale) / width, (2 * camera.scale) / height);
    gl.uniform2f(at.depth, ...camera.depth);
    gl.uniform1f(at.size, size * ratio);
    for (const greyed of [1, 0]) { // greyed ones below the others
      gl.uniform1i(at.greyed, greyed);
      gl.depthMask(!greyed);
      gl.drawArrays(gl.POINTS, 0, count);
    }
  }
}

function programOf(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

// --- density ---

// Each cell is the more opaque the more points it has, and has the colour of the group that most of them are of: the more
// other groups there are in it, the more it fades to a plain one, or people mixed would be a colour of nobody's. Of a scale
// it has the colour of the mean. Four numbers of each cell are kept in `sums`, which is the caller's: how many points,
// how many greyed ones, and by Boyer and Moore's vote which code leads and by how many; of a scale, the sum of known
// codes and their number.
function paintDensity(canvas, view, width, height) {
  const columns = Math.ceil(width / CELL), rows = Math.ceil(height / CELL), cells = columns * rows;
  if (view.sums?.length !== 4 * cells) view.sums = new Float32Array(4 * cells);
  const sums = view.sums.fill(0), at = view.seen(), { codes, palette, dimmed, count } = view, scaled = Boolean(view.data.colour.ends);
  const scale = view.scale / CELL, left = width / 2 / CELL - view.x * scale, top = height / 2 / CELL + view.y * scale;
  let most = 1;
  for (let row = 0; row < count; row++) {
    const column = Math.floor(at[2 * row] * scale + left), line = Math.floor(top - at[2 * row + 1] * scale);
    if (column < 0 || line < 0 || column >= columns || line >= rows) continue;
    const cell = 4 * (line * columns + column), code = codes[row];
    if (dimmed[row]) { sums[cell + 1] += 1; continue; }
    if (++sums[cell] > most) most = sums[cell];
    if (scaled) {
      if (code !== UNKNOWN) { sums[cell + 2] += code; sums[cell + 3] += 1; }
    } else if (!sums[cell + 3]) { sums[cell + 2] = code; sums[cell + 3] = 1; } else sums[cell + 3] += sums[cell + 2] === code ? 1 : -1;
  }
  fitCanvas(canvas, columns, rows, 1);
  canvas.style.width = `${columns * CELL}px`;
  canvas.style.height = `${rows * CELL}px`;
  const context = canvas.getContext("2d"), picture = context.createImageData(columns, rows), pixels = picture.data;
  const full = Math.log1p(most), plain = view.dark ? MIXED_DARK : MIXED;
  for (let cell = 0; cell < sums.length; cell += 4) {
    const there = sums[cell], known = sums[cell + 3];
    if (!there && !sums[cell + 1]) continue;
    const code = !scaled ? sums[cell + 2] : known ? Math.round(sums[cell + 2] / known) : UNKNOWN;
    const own = !there ? 0 : scaled ? 1 : known / there;
    for (let part = 0; part < 3; part++) pixels[cell + part] = there ? plain[part] + (palette[4 * code + part] - plain[part]) * own : 128;
    pixels[cell + 3] = there ? 70 + 185 * (Math.log1p(there) / full) : 40;
  }
  context.putImageData(picture, 0, 0);
}

// --- colours ---

// The colour of each code, four bytes each. Beyond the first ones hues are a golden angle apart.
function paletteOf({ total, ends, greys }, dark) {
  const found = new Uint8Array(4 * CODES), few = dark ? DARK : LIGHT;
  const set = (code, [red, green, blue]) => found.set([red, green, blue, 255], 4 * code);
  if (ends) {
    for (let code = 0; code < UNKNOWN; code++) {
      const at = (code / UNKNOWN) * (SCALE.length - 1), low = Math.floor(at), share = at - low;
      set(code, SCALE[low].map((value, place) => value + (SCALE[low + 1][place] - value) * share));
    }
    set(UNKNOWN, [128, 128, 128]);
    return found;
  }
  for (let code = 0; code < Math.min(total, CODES); code++) {
    if (code < few.length) set(code, [1, 3, 5].map((place) => parseInt(few[code].slice(place, place + 2), 16)));
    else set(code, hue((code * 137.508) % 360, 0.5, (dark ? 0.62 : 0.46) + 0.1 * ((code % 3) - 1)));
  }
  for (const code of greys) set(code, [128, 128, 128]);
  return found;
}

function hue(degrees, strength, light) {
  const reach = strength * Math.min(light, 1 - light);
  return [0, 8, 4].map((shift) => {
    const at = (shift + degrees / 30) % 12;
    return Math.round(255 * (light - reach * Math.max(-1, Math.min(at - 3, 9 - at, 1))));
  });
}

function brightness(colour) {
  const [red, green, blue] = (colour.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
  return (0.3 * red + 0.6 * green + 0.1 * blue) / (red <= 1 && green <= 1 && blue <= 1 && colour.startsWith("color(") ? 1 : 255);
}

function fitCanvas(canvas, width, height, ratio) {
  const wide = Math.round(width * ratio), high = Math.round(height * ratio);
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
}
