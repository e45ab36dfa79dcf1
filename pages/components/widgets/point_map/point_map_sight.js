// Where one looks on the map of point_map.js: its middle, its scale, and how a map of three dimensions is turned.

// Needs of whoever extends it: `places` (`dimensions` numbers for each of `count` points), `stage`, and `draw()`.
class Sight {
  // The middle and the reach of a map of three dimensions, around which it is turned.
  measure() {
    const { places, dimensions, count } = this, low = Array(dimensions).fill(Infinity), high = Array(dimensions).fill(-Infinity);
    for (let row = 0; row < count; row++) {
      for (let axis = 0; axis < dimensions; axis++) {
        const value = places[row * dimensions + axis];
        if (value < low[axis]) low[axis] = value;
        if (value > high[axis]) high[axis] = value;
      }
    }
    this.middle = low.map((value, axis) => (value + high[axis]) / 2);
    this.reach = Math.hypot(...low.map((value, axis) => (high[axis] - value) / 2)) || 1;
  }

  get camera() {
    const [across, down, into] = this.axes(), { x, y, scale } = this;
    const depth = this.dimensions === 3 ? [into.reduce((sum, value, axis) => sum + value * this.middle[axis], 0), this.reach] : [0, 0];
    return { across, down, into, x, y, scale, depth };
  }

  axes() {
    return this.dimensions === 3 ? axesOf(this.turn) : [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  }

  // Around the pinned crop where there is one, else around the middle.
  turnBy(across, down) {
    const about = () => {
      const [right, up] = this.axes(), row = this.pinned;
      return row !== null ? [dot(right, this.places, row), dot(up, this.places, row)] : [dot(right, this.middle, 0), dot(up, this.middle, 0)];
    };
    const before = about();
    this.turn = [this.turn[0] + across, Math.min(1.5, Math.max(-1.5, this.turn[1] + down))];
    const after = about();
    this.x += after[0] - before[0];
    this.y += after[1] - before[1];
  }

  projected(across, down) {
    const { places, count, dimensions } = this;
    if (dimensions === 2) return places;
    const at = new Float32Array(2 * count);
    for (let row = 0; row < count; row++) {
      at[2 * row] = dot(across, places, row);
      at[2 * row + 1] = dot(down, places, row);
    }
    return at;
  }

  // The points as they are seen; of two dimensions always the same.
  seen() {
    if (this.dimensions === 2) return this.places;
    const key = `${this.turn}`;
    if (this.seenKey !== key || this.seenOf !== this.places) {
      this.seenKey = key;
      this.seenOf = this.places;
      this.seenAt = this.projected(...this.axes());
    }
    return this.seenAt;
  }

  // All of it, or some rows with their surroundings.
  fit(rows = null) {
    if (rows && !rows.length) return;
    const at = this.seen(), { width, height } = this.size();
    let left = Infinity, right = -Infinity, low = Infinity, high = -Infinity;
    const take = (row) => {
      left = Math.min(left, at[2 * row]); right = Math.max(right, at[2 * row]);
      low = Math.min(low, at[2 * row + 1]); high = Math.max(high, at[2 * row + 1]);
    };
    if (rows) rows.forEach(take); else for (let row = 0; row < this.count; row++) take(row);
    this.x = (left + right) / 2;
    this.y = (low + high) / 2;
    const around = rows ? this.reach / 6 : this.reach / 50;
    this.scale = Math.min((width - 60) / (right - left + around), (height - 90) / (high - low + around));
    if (!rows) this.whole = this.scale;
  }

  size() {
    return { width: Math.max(120, this.stage.clientWidth), height: Math.max(120, this.stage.clientHeight) };
  }

  onScreen(x, y) {
    const { width, height } = this.size();
    return [(x - this.x) * this.scale + width / 2, height / 2 - (y - this.y) * this.scale];
  }

  toScreen(row) {
    const at = this.seen();
    return this.onScreen(at[2 * row], at[2 * row + 1]);
  }

  toMap(x, y) {
    const { width, height } = this.size();
    return [(x - width / 2) / this.scale + this.x, (height / 2 - y) / this.scale + this.y];
  }

  zoomBy(times, x = this.size().width / 2, y = this.size().height / 2) {
    if (!this.count) return;
    const before = this.toMap(x, y);
    this.scale = Math.min(Math.max(this.scale * times, this.whole / 4), this.whole * 4000);
    const after = this.toMap(x, y);
    this.x += before[0] - after[0];
    this.y += before[1] - after[1];
    this.draw();
  }
}
