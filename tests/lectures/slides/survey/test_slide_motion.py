"""What moves, and what is remembered of it, on made-up arrays; nothing is decoded."""

from __future__ import annotations

import cv2
import numpy as np
from slide_videos import Picture, gray, presenter, slide, with_pointer, with_speaker

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask
from app.lectures.slides.survey.memory import MotionMemory, stirs_in
from app.lectures.slides.survey.motion import (
    at_once,
    fills_picture,
    in_steps,
    is_dissolve,
    is_pointer,
    measure_noise,
    steps_of,
)

NOISE = Noise()
A = slide("Overview", ["Price stickiness", "The output gap"])
B = slide("Case study", ["Exchange-rate regime", "Capital controls", "A liquidity trap"])


def moved_in(thumbs: list[Gray], noise: Noise, least: int) -> Mask:
    return in_steps(steps_of(thumbs, noise), least)


# ----------------------------------------------------------------------------------------- motion
def test_a_speaker_moves_and_a_cut_does_not() -> None:
    speaking = moved_in([gray(with_speaker(A, t)) for t in (0.0, 0.15, 0.3, 0.45)], NOISE, 2)
    assert speaking[-90:, -150:].any()
    assert not speaking[:-90].any()
    assert not moved_in([gray(A), gray(A), gray(B), gray(B)], NOISE, 2).any()
    assert at_once(steps_of([gray(A), gray(A), gray(B), gray(B)], NOISE))
    assert not at_once(steps_of([gray(with_speaker(A, t)) for t in (0.0, 0.15, 0.3, 0.45)], NOISE))


def test_a_pointer_on_its_way_is_told_from_somebody_who_speaks() -> None:
    on_its_way = [gray(with_pointer(A, 100 + 40 * i, 60 + 25 * i)) for i in range(4)]
    assert is_pointer(steps_of(on_its_way, NOISE))
    assert not is_pointer(steps_of([gray(with_speaker(A, 0.15 * i)) for i in range(4)], NOISE))
    mouth = [gray(A) for _ in range(4)]
    for i, picture in enumerate(mouth):
        cv2.ellipse(picture, (560, 300), (9, 2 + 4 * (i % 2)), 0, 0, 360, 60, -1)
    assert not is_pointer(steps_of(mouth, NOISE))


def test_a_dissolve_is_told_from_motion() -> None:
    fading = [gray(cv2.addWeighted(B, s, A, 1 - s, 0)) for s in (0.2, 0.4, 0.6, 0.8)]
    assert is_dissolve(fading, moved_in(fading, NOISE, 1))
    talking = [gray(presenter(t)) for t in (0.0, 0.15, 0.3, 0.45)]
    assert not is_dissolve(talking, moved_in(talking, NOISE, 1))


def test_a_presenter_fills_the_picture_and_a_video_on_a_slide_does_not() -> None:
    talking = [gray(presenter(t)) for t in (0.0, 0.15, 0.3, 0.45)]
    assert fills_picture(moved_in(talking, NOISE, 1), talking[0])
    embedded = np.zeros(A.shape[:2], bool)
    embedded[100:300, 300:600] = True
    assert not fills_picture(embedded, gray(A))


def test_memory_believes_what_moved_twice_and_forgets() -> None:
    memory = MotionMemory()
    here, there = np.zeros((360, 640), bool), np.zeros((360, 640), bool)
    here[300:330, 500:560] = True
    there[20:40, 30:60] = True
    memory.add(0.0, 0.45, here | there)
    memory.add(4.0, 4.45, here)
    mask = memory.mask(here.shape)
    assert mask[300:330, 500:560].all()
    assert not mask[20:40, 30:60].any()
    memory.add(60.0, 60.45, np.zeros_like(here))
    assert not memory.mask(here.shape).any()


def test_what_moved_where_nothing_is_left_is_forgotten() -> None:
    memory = MotionMemory()
    moved = np.zeros((360, 640), bool)
    moved[60:200, 300:560] = moved[280:350, 20:120] = True
    for t in (0.0, 4.0):
        memory.add(t, t + 0.45, moved)
    assert memory.mask(moved.shape)[80:180, 320:540].all()
    picture = np.full((360, 640), 255, np.uint8)
    picture[270:360, 10:130] = np.random.default_rng(1).integers(
        60, 200, (90, 120)
    )  # somebody still is there
    memory.forget_gone([picture])
    mask = memory.mask(moved.shape)
    assert not mask[:220].any()
    assert mask[285:345, 30:110].all()


def test_a_speaker_who_came_with_a_dissolve_is_known_from_one_long_stretch() -> None:
    times = [i / 5 for i in range(41)]
    thumbs = [
        gray(with_speaker(cv2.addWeighted(B, min(1, t), A, 1 - min(1, t), 0), round(t) + t)) for t in times
    ]
    memory = MotionMemory()
    memory.add(-4.0, -3.5, np.zeros(thumbs[0].shape, bool))
    memory.watch(times, thumbs, steps_of(thumbs, NOISE))
    mask = memory.mask(thumbs[0].shape)
    assert mask[-80:-30, -100:-60].all()
    assert not mask[:250].any()


def test_what_moves_in_a_presenters_picture_says_nothing_of_a_slide() -> None:
    """Whom the camera shows before and after a slide stands where its text is."""
    times = [i / 5 for i in range(56)]
    lively = [not 4 <= t < 7 for t in times[1:]]
    thumbs = [gray(A) if 4 <= t < 7 else gray(with_speaker(B, t)) for t in times]
    steps = steps_of(thumbs, NOISE)
    runs = list(MotionMemory().watch_runs(times, thumbs, steps, lively))
    assert [(times[run[0]], times[run[-1]]) for run, _ in runs] == [(0.2, 3.8), (4.0, 6.8), (7.0, 11.0)]
    assert not runs[1][1].any()
    unaware = MotionMemory()
    for first, last in ((0, 20), (20, 55)):
        unaware.watch(times[first : last + 1], thumbs[first : last + 1], steps[first:last])
    assert unaware.mask(thumbs[0].shape)[-80:-30, -100:-60].any()


def test_text_that_came_in_moving_belongs_to_the_slide_once_it_stands() -> None:
    """A title slides in for 2 s; a speaker in the corner goes on moving now and then."""
    title = slide("Recommendation")

    def picture(t: float) -> Picture:
        shift = np.array([[1, 0, -300 * max(0.0, 1 - t / 2)], [0, 1, 0]], np.float32)
        sliding = cv2.warpAffine(title, shift, (640, 360), borderValue=(255, 255, 255))
        return with_speaker(sliding, t if t < 2 or t > 4.5 else 2.0)

    times = [i / 5 for i in range(26)]
    steps = steps_of([gray(picture(t)) for t in times], NOISE)
    lively = in_steps(steps, 3)
    memory = MotionMemory()
    memory.add(0.0, 5.0, lively, stirs_in(times, steps, lively))
    mask = memory.mask(lively.shape)
    assert lively[:60, :200].any()
    assert not mask[:60].any()
    assert mask[-80:-30, -100:-60].all()
    memory.add(5.0, 12.0, np.zeros_like(lively))
    assert not memory.mask(lively.shape).any()  # nobody keeps still for seven seconds


def test_still_pictures_of_any_shape_do_not_sway() -> None:
    """OpenCV finds half a pixel between a 608 x 380 picture and itself."""
    odd = cv2.resize(gray(A), (608, 380))
    assert not measure_noise([[odd, cv2.resize(gray(with_pointer(A, 400, 300)), (608, 380))]] * 4).is_filmed


def test_a_camera_is_told_by_its_sway() -> None:
    def swayed(shift: float) -> np.ndarray:
        matrix = np.array([[1, 0, shift], [0, 1, shift / 2]], np.float32)
        return np.asarray(cv2.warpAffine(gray(B), matrix, (640, 360), borderMode=cv2.BORDER_REPLICATE))

    screen = [[gray(A), gray(with_pointer(A, 400, 300))] for _ in range(4)]
    assert not measure_noise(screen).is_filmed
    assert measure_noise([[gray(B), swayed(s)] for s in (0.4, 0.7, 0.3, 0.5)]).is_filmed
