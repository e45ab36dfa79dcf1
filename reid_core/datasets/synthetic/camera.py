"""A camera of the demo site: its light, its colours, and what lens, sensor and compression do to a picture."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from reid_core.datasets.synthetic.drawing import Array, Light, View
from reid_core.datasets.synthetic.scenery import HEIGHT, OBSTACLES, Place, make_place, paint_plate

CAMERA, PLACE = 2, 3  # the streams of random numbers that are kept for cameras and for places
POOL = 48  # places among which randomised crops choose
LEVELS = 4096  # of linear light, in the tone curve


@dataclass(frozen=True)
class Camera:
    """Everything that is the same for all pictures of one camera."""

    place: Place
    light: Light
    exposure: float
    gains: tuple[float, float, float]  # white balance: red, green, blue
    saturation: float
    contrast: float
    haze: float
    detail: float  # resolution, 1 is sharp
    blur: float  # pixels in a picture 256 pixels high
    sharpen: float
    noise: float  # grey levels of 255
    quality: int  # JPEG
    zoom: float  # output pixels per plate pixel
    flow: float  # radians: the way most people walk here
    obstacle: str


def make_camera(seed: int, number: int) -> Camera:
    """The camera with this number: the same for every site that has this seed, however large."""
    generator = np.random.default_rng((seed, CAMERA, number))
    warmth = generator.uniform(0.25, 1.0) * (1 if number % 2 else -1)  # neighbours never share a cast
    return _camera(generator, make_place(generator, number - 1), warmth, 1.0)


def random_camera(seed: int, generator: np.random.Generator) -> Camera:
    """A camera from much wider ranges, for training; one of POOL places, so that plates can be kept."""
    place = make_place(np.random.default_rng((seed, PLACE, int(generator.integers(POOL)))))
    return _camera(generator, place, generator.uniform(-1.0, 1.0), 2.0)


def _camera(generator: np.random.Generator, place: Place, warmth: float, width: float) -> Camera:
    uniform = generator.uniform
    azimuth, elevation = uniform(-2.2, 2.2), uniform(0.45, 1.1)
    # Lights behind the person leave the visible side flat, so most hang to the sides and in front.
    direction = (
        math.cos(elevation) * math.sin(azimuth),
        math.sin(elevation),
        math.cos(elevation) * (0.15 + 0.55 * math.cos(azimuth)),
    )
    direct = float(uniform(0.25, 0.85))
    green = 1.0 + 0.05 * width * uniform(-1, 1)
    return Camera(
        place=place,
        light=Light(direction, 1.02 - 0.62 * direct, direct),
        exposure=float(np.exp2(uniform(-0.45, 0.4) * (1.6 if width > 1 else 1.0))),
        gains=(1.0 + 0.15 * warmth * width**0.6, green, 1.0 - 0.18 * warmth * width**0.6),
        saturation=float(uniform(0.72, 1.12) if width == 1 else uniform(0.35, 1.35)),
        contrast=float(uniform(-0.15, 0.45) * width**0.5),
        haze=float(uniform(0.0, 0.03) * width),
        detail=float(uniform(0.6, 1.0) if width == 1 else uniform(0.3, 1.0)),
        blur=float(uniform(0.3, 0.9) * width**0.7),
        sharpen=float(max(0.0, uniform(-0.6, 0.9))),
        noise=float(uniform(1.0, 4.5) * width),
        quality=int(uniform(58, 92) if width == 1 else uniform(28, 92)),
        zoom=float(uniform(0.9, 1.3)),
        flow=float(uniform(-0.9, 0.9)),
        obstacle=OBSTACLES[int(generator.integers(len(OBSTACLES)))],
    )


@lru_cache(maxsize=64)
def empty_picture(place: Place) -> Image.Image:
    """The plate of a place as an 8-bit picture, which takes a quarter of the memory."""
    return Image.fromarray(
        (255.0 * np.clip(paint_plate(place).transpose(1, 2, 0), 0.0, 1.0) ** (1 / 2.2)).astype(np.uint8)
    )


@lru_cache(maxsize=1)
def _to_linear() -> Array:
    return np.asarray((np.arange(256) / 255.0) ** 2.2, np.float32)


def background(camera: Camera, box: tuple[float, float, float, float], size: tuple[int, int]) -> Array:
    """The plate within the box (left, top, right, bottom; pixels), at this (width, height), in linear light.

    A box over the plate's edge is moved inside: what lies beyond was never painted, and nobody misses it.
    """
    plate = empty_picture(camera.place)
    left = min(max(box[0], 0.0), plate.width - (box[2] - box[0]))
    top = min(max(box[1], 0.0), HEIGHT - (box[3] - box[1]))
    moved = (left, top, left + box[2] - box[0], top + box[3] - box[1])
    stretched = np.asarray(plate.resize(size, Image.Resampling.BILINEAR, box=moved))
    return _to_linear()[np.ascontiguousarray(stretched.transpose(2, 0, 1))]


def cast_shadow(picture: Array, view: View, light: Light, height: float) -> None:
    """Darkens the floor about the feet and away from the light, in place."""
    x = (np.arange(picture.shape[2], dtype=np.float32)[None, :] - np.float32(view.foot_x)) / view.scale
    flat = max(math.sin(view.pitch), 0.15)
    z = (np.arange(picture.shape[1], dtype=np.float32)[:, None] - np.float32(view.foot_y)) / (view.scale * flat)
    dark = 0.68 * np.exp(-((x / 0.26) ** 2 + (z / 0.3) ** 2))
    away_x, away_z = -light.direction[0], -light.direction[2]
    run = math.hypot(away_x, away_z)
    if run > 0.1:
        length = min(height * run / light.direction[1], 2.2)
        away_x, away_z = away_x / run, away_z / run
        along = x * away_x + z * away_z
        offset = x * away_z - z * away_x
        share = np.clip(along / length, 0.0, 1.0)
        beyond = along - share * length
        body = np.exp(-(((offset / (0.2 + 0.06 * share)) ** 2 + (beyond / 0.15) ** 2) ** 2))
        dark = np.maximum(dark, np.float32(min(0.95 * light.direct, 0.7)) * (1.0 - 0.4 * share) * body)
    picture *= 1.0 - dark


@lru_cache(maxsize=64)
def _tone_curve(contrast: float, haze: float) -> NDArray[np.uint8]:
    value = (np.arange(LEVELS) / (LEVELS - 1.0)) * (1.0 - haze) + haze
    value = value ** (1 / 2.2)
    bent = value * value * (3.0 - 2.0 * value)
    return np.asarray(np.clip(value + contrast * (bent - value), 0.0, 1.0) * 255.0, np.uint8)


@lru_cache(maxsize=1)
def _sensor_noise() -> Array:
    grain = np.random.default_rng(0).standard_normal((700, 500, 3)).astype(np.float32)
    return 0.75 * grain.mean(axis=2, keepdims=True) * math.sqrt(3) + 0.5 * grain


def expose(picture: Array, camera: Camera, exposure: float = 1.0) -> NDArray[np.uint8]:
    """What the sensor's colours and tone curve make of a scene, (3, H, W) linear float32: (H, W, 3), still sharp."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    mixing = camera.saturation * np.eye(3) + (1.0 - camera.saturation) * weights
    mixing = mixing * np.array(camera.gains)[:, None] * camera.exposure * exposure * (LEVELS - 1)
    light = mixing.astype(np.float32) @ picture.reshape(3, -1)
    light = np.minimum(np.maximum(light, 0), LEVELS - 1).astype(np.uint16)
    height, width = picture.shape[1:]
    return _tone_curve(camera.contrast, camera.haze)[light.T].reshape(height, width, 3)


def develop(picture: Array, camera: Camera, generator: np.random.Generator, exposure: float = 1.0) -> Image.Image:
    """The 8-bit picture that the camera delivers of a scene, (3, H, W) linear float32."""
    height, width = picture.shape[1:]
    image = Image.fromarray(expose(picture, camera, exposure))
    if camera.detail < 0.97:
        small = max(round(width * camera.detail), 8), max(round(height * camera.detail), 16)
        image = image.resize(small, Image.Resampling.BOX)
    image = image.filter(ImageFilter.GaussianBlur(camera.blur * image.height / 256))
    if image.height != height:
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    if camera.sharpen > 0.1:
        image = image.filter(ImageFilter.UnsharpMask(1.4, int(100 * camera.sharpen), 2))
    down, across = int(generator.integers(700 - height)), int(generator.integers(500 - width))
    noisy = (
        np.asarray(image, np.float32) + camera.noise * _sensor_noise()[down : down + height, across : across + width]
    )
    stored = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0.0, 255.0).astype(np.uint8)).save(stored, "JPEG", quality=camera.quality)
    return Image.open(stored).convert("RGB")
