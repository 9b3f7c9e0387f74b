"""The event data sets that are known: sensors, classes, where their recordings lie."""

from dataclasses import dataclass

from qtrain.data.cifar import CIFAR10


@dataclass(frozen=True, kw_only=True)
class EventSet:
    """What is known of an event data set before tonic is imported."""

    name: str
    tonic: str  # the name of its class in tonic.datasets
    sensor: tuple[int, int]  # height and width in pixels
    classes: int
    files: str  # what lies in the folder that is named after tonic's class, for messages
    source: str  # where the recordings can be had, for messages
    labels: tuple[str, ...] = ()  # the names of the classes, where they are known
    # how events become channels, see events.POLARITIES: what is accepted, the default first
    polarities: tuple[str, ...] = ("signed", "split", "off-on", "merged")
    # for a set in N-MNIST's format, files <folder>/<label>/<id>.bin: the folder of each split
    bin_folders: dict[str, str] | None = None
    # for a set without splits: one recording of so many in each class is a test sample
    held_out: int = 0

    @property
    def is_audio(self) -> bool:
        """Whether its sensor is a row of frequencies, whose events have no polarity."""
        return self.sensor[0] == 1


def audio_set(name: str, tonic: str, classes: int) -> EventSet:
    """One of the Heidelberg data sets: spikes of a model of the ear, 700 frequencies."""
    return EventSet(
        name=name,
        tonic=tonic,
        sensor=(1, 700),
        classes=classes,
        files=f"{name}_train.h5 and {name}_test.h5",
        source=f"https://zenkelab.org/datasets/ ({name}_train.h5.zip and {name}_test.h5.zip)",
        polarities=("merged",),
    )


EVENT_SETS = (
    EventSet(
        name="nmnist",
        tonic="NMNIST",
        sensor=(34, 34),
        classes=10,
        files="Train/<label>/<id>.bin and Test/<label>/<id>.bin, 10,000 or more each",
        source="https://www.garrickorchard.com/datasets/n-mnist",
        bin_folders={"train": "Train", "test": "Test"},
    ),
    EventSet(
        name="dvs-gesture",
        tonic="DVSGesture",
        sensor=(128, 128),
        classes=11,
        files="ibmGestureTrain/<user>_<light>/<label>.npy and ibmGestureTest/ likewise, 100 or "
        "more each",
        labels=(
            "hand clapping",
            "right hand wave",
            "left hand wave",
            "right arm clockwise",
            "right arm counter-clockwise",
            "left arm clockwise",
            "left arm counter-clockwise",
            "arm roll",
            "air drums",
            "air guitar",
            "other gestures",
        ),
        source="https://figshare.com/ndownloader/files/38022171 (ibmGestureTrain.tar.gz) and "
        "https://figshare.com/ndownloader/files/38020584 (ibmGestureTest.tar.gz)",
    ),
    EventSet(
        name="cifar10-dvs",
        tonic="CIFAR10DVS",
        sensor=(128, 128),
        classes=10,
        files="<class>/<id>.aedat4, 1,000 or more",
        source="https://figshare.com/ndownloader/files/38023437 (CIFAR10DVS.zip, which holds a zip "
        "for each class)",
        labels=CIFAR10.names,
        held_out=10,
    ),
    audio_set("shd", "SHD", classes=20),
    audio_set("ssc", "SSC", classes=35),
    EventSet(
        name="n-caltech101",
        tonic="NCALTECH101",
        sensor=(180, 240),
        classes=101,
        files="Caltech101/<class>/<id>.bin, all 8,709",
        source="https://www.garrickorchard.com/datasets/n-caltech101 (Caltech101.zip)",
        held_out=10,
    ),
    EventSet(
        name="poker-dvs",
        tonic="POKERDVS",
        sensor=(35, 35),
        classes=4,
        labels=("club", "heart", "diamond", "spade"),
        files="pips_train/<class>/<id>.npy and pips_test/ likewise, 20 or more each",
        source="https://github.com/neuromorphs/tonic, folder tonic/datasets (pips_train.tar.gz and "
        "pips_test.tar.gz)",
    ),
)
