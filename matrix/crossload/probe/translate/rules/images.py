"""``tf.image``: images have their channels last."""

import numpy as np

from ...errors import NotTranslatableError
from .base import dtype_of, integers, rule


@rule("image.resize", "compat.v1.image.resize", "image.resize_images")
def resize(ops, images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False):
    if preserve_aspect_ratio:
        raise NotTranslatableError("preserve_aspect_ratio")
    method = str(method).lower()
    if method not in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        raise NotTranslatableError("the method %s" % method)
    made = ops.image.resize(images, tuple(integers(size, "size")), interpolation=method, antialias=antialias,
                            data_format="channels_last")  # fmt: skip
    return made


@rule("image.rgb_to_grayscale")
def rgb_to_grayscale(ops, images):
    # Weights as in TensorFlow's image_ops_impl.py.
    weights = np.asarray([0.2989, 0.5870, 0.1140], str(images.dtype))
    return ops.sum(ops.multiply(images, weights), axis=-1, keepdims=True)


@rule("image.flip_left_right")
def flip_left_right(ops, image):
    return ops.flip(image, axis=-2)


@rule("image.flip_up_down")
def flip_up_down(ops, image):
    return ops.flip(image, axis=-3)


def _sides(images):
    """Rows and columns of images."""
    return integers(images.shape[-3], "a size"), integers(images.shape[-2], "a size")


@rule("image.grayscale_to_rgb")
def grayscale_to_rgb(ops, images):
    return ops.concatenate([images] * 3, axis=-1)


@rule("image.transpose")
def transpose_image(ops, image):
    return ops.swapaxes(image, -3, -2)


@rule("image.rot90")
def rot90(ops, image, k=1):
    turns = integers(k, "k") % 4
    if turns == 2:
        return ops.flip(image, axis=(-3, -2))
    if not turns:
        return image
    turned = ops.swapaxes(image, -3, -2)
    return ops.flip(turned, axis=-3 if turns == 1 else -2)


@rule("image.adjust_brightness")
def adjust_brightness(ops, image, delta):
    _only_floats(image)
    return ops.add(image, delta)


@rule("image.adjust_contrast")
def adjust_contrast(ops, images, contrast_factor):
    _only_floats(images)
    mean = ops.mean(images, axis=[-3, -2], keepdims=True)
    return ops.add(ops.multiply(ops.subtract(images, mean), contrast_factor), mean)


@rule("image.convert_image_dtype")
def convert_image_dtype(ops, image, dtype, saturate=False):
    _only_floats(image)
    if "float" not in dtype_of(dtype):
        raise NotTranslatableError("whole numbers")
    return ops.cast(image, dtype_of(dtype))


def _only_floats(images):
    if "float" not in str(images.dtype):
        raise NotTranslatableError("images of whole numbers")


@rule("image.per_image_standardization")
def per_image_standardization(ops, image):
    _only_floats(image)
    rows, columns = _sides(image)
    count = rows * columns * integers(image.shape[-1], "a size")
    axes = [-3, -2, -1]
    mean = ops.mean(image, axis=axes, keepdims=True)
    deviation = ops.maximum(ops.std(image, axis=axes, keepdims=True), 1.0 / float(np.sqrt(np.float32(count))))
    return ops.divide(ops.subtract(image, mean), deviation)


@rule("image.crop_to_bounding_box")
def crop(ops, image, offset_height, offset_width, target_height, target_width):
    top, left, rows, columns = integers([offset_height, offset_width, target_height, target_width], "a size")
    return ops.get_item(image, (Ellipsis, slice(top, top + rows), slice(left, left + columns), slice(None)))


@rule("image.pad_to_bounding_box")
def pad_image(ops, image, offset_height, offset_width, target_height, target_width):
    top, left, rows, columns = integers([offset_height, offset_width, target_height, target_width], "a size")
    height, width = _sides(image)
    around = [(top, rows - top - height), (left, columns - left - width), (0, 0)]
    return ops.pad(image, [(0, 0)] * (len(image.shape) - 3) + around)


@rule("image.central_crop")
def central_crop(ops, image, central_fraction):
    rows, columns = _sides(image)
    top, left = (int((side - side * float(central_fraction)) / 2) for side in (rows, columns))
    return crop(ops, image, top, left, rows - 2 * top, columns - 2 * left)


@rule("image.resize_with_crop_or_pad", "image.resize_image_with_crop_or_pad")
def crop_or_pad(ops, image, target_height, target_width):
    rows, columns = _sides(image)
    height, width = integers([target_height, target_width], "a size")
    kept = min(height, rows), min(width, columns)
    image = crop(ops, image, max((rows - height) // 2, 0), max((columns - width) // 2, 0), *kept)
    return pad_image(ops, image, max((height - rows) // 2, 0), max((width - columns) // 2, 0), height, width)


@rule("image.resize_with_pad", "image.resize_image_with_pad")
def resize_with_pad(ops, image, target_height, target_width, method="bilinear", antialias=False):
    rows, columns = _sides(image)
    height, width = integers([target_height, target_width], "a size")
    ratio = max(columns / width, rows / height)
    resized_rows, resized_columns = int(np.floor(rows / ratio)), int(np.floor(columns / ratio))
    made = resize(ops, image, [resized_rows, resized_columns], method, False, antialias)
    top, left = max(0, int((height - rows / ratio) / 2)), max(0, int((width - columns / ratio) / 2))
    return pad_image(ops, made, top, left, height, width)


@rule("image.rgb_to_hsv")
def rgb_to_hsv(ops, images):
    if not hasattr(ops.image, "rgb_to_hsv"):
        raise NotTranslatableError("this version of Keras has no rgb_to_hsv")
    return ops.image.rgb_to_hsv(images, data_format="channels_last")


@rule("image.resize_bilinear")
def resize_bilinear(ops, images, size, align_corners=False, half_pixel_centers=False):
    if align_corners or not half_pixel_centers:
        raise NotTranslatableError("corners as in TensorFlow 1, which no operation of Keras 3 has")
    return resize(ops, images, size)


@rule("image.extract_patches")
def extract_patches(ops, images, sizes, strides, rates, padding):
    size, step, rate = (integers(value, "a size")[1:3] for value in (sizes, strides, rates))
    return ops.image.extract_patches(images, tuple(size), strides=tuple(step), dilation_rate=rate[0], padding=padding.lower(),
                                     data_format="channels_last")  # fmt: skip
