"""What TensorFlow sees of GPUs, asked in a child: the parent must never touch CUDA, or its children could not."""

import ctypes

_TOO_OLD = "the driver supports CUDA %s, TensorFlow was built for CUDA %s: install a newer NVIDIA driver on the host"


def report(request, emit):
    """Emit one ``devices`` event: ``gpus``, ``driver``, the versions TensorFlow was built for, and why there is no GPU."""
    import tensorflow as tf

    build = {}
    if hasattr(tf, "sysconfig") and hasattr(tf.sysconfig, "get_build_info"):
        build = tf.sysconfig.get_build_info()
    driver, reason = _driver()
    gpus = []
    for device in tf.config.list_physical_devices("GPU"):
        details = {}
        if hasattr(tf.config.experimental, "get_device_details"):
            details = tf.config.experimental.get_device_details(device)
        capability = ".".join(str(part) for part in details.get("compute_capability", ()))
        gpus.append({"name": details.get("device_name", device.name), "compute_capability": capability or "unknown"})
    cuda = str(build.get("cuda_version", "unknown"))
    emit(
        {
            "event": "devices",
            "gpus": gpus,
            "cuda": cuda,
            "cudnn": str(build.get("cudnn_version", "unknown")),
            "is_cuda_build": tf.test.is_built_with_cuda(),
            "driver": driver,
            "reason": "" if gpus else _why_none(tf, driver, reason, cuda),
        }
    )


def _why_none(tf, driver, reason, cuda):
    if not tf.test.is_built_with_cuda():
        return "this TensorFlow was built without CUDA"
    if reason:
        return reason
    if cuda != "unknown" and int(driver.split(".")[0]) < int(cuda.split(".")[0]):
        return _TOO_OLD % (driver, cuda)
    return "the driver (CUDA %s) offers a GPU, and TensorFlow, built for CUDA %s, does not see it" % (driver, cuda)


def _driver():
    """The CUDA version that the driver supports, and why it cannot be used; one of the two is empty."""
    try:
        library = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "", "no NVIDIA driver is visible (libcuda.so.1 is not there)"
    number = ctypes.c_int()
    library.cuDriverGetVersion(ctypes.byref(number))
    version = "%d.%d" % (number.value // 1000, number.value % 1000 // 10)
    code = library.cuInit(0)
    if code == 100:
        return version, "no device: the NVIDIA driver finds no GPU"
    if code == 803:
        return version, "the NVIDIA driver's library and its kernel module have different versions"
    if code:
        return version, "the NVIDIA driver cannot be started (cuInit gives %d)" % code
    return version, ""
