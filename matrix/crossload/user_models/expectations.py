"""What is expected of users' files in the environments that are asked for, from the cells of constructs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crossload.domain.versions import KERAS_3_MAJOR
from crossload.environments.model import Environment
from crossload.shipped.construct_data import ConstructData
from crossload.user_models.model_file import UserModel
from crossload.user_models.prediction import NOT_KNOWN, Prediction, Predictor
from crossload.user_models.saver import keras_of, measured_like


class Expectations:
    """Answers for many files: those of one format and writer rest on the same cells, and many are made of the same."""

    def __init__(
        self, data: ConstructData, environments: Mapping[str, Environment], loaders: Sequence[Environment]
    ) -> None:
        """
        :param environments: every environment that is known, by id.
        :param loaders: those that are asked for: there is an answer for each, and for no other.
        """
        self._data, self._environments, self._loaders = data, environments, loaders
        self._measured_for = {loader.id: self._stand_in(loader) for loader in loaders}
        self._predictors: dict[tuple[str, str], Predictor] = {}
        self._told: dict[tuple[str, str, frozenset[str]], list[Prediction]] = {}

    @property
    def origin(self) -> str:
        """In words where the cells come from."""
        return self._data.origin

    def like(self, writer: Environment) -> str:
        """The measured environment whose files stand for those of a writer: itself, or that with the nearest Keras."""
        return measured_like(writer, self._environments, self._data.writers)

    def of(self, model: UserModel, writer: Environment) -> list[Prediction]:
        """What is expected of a file in each environment that is asked for."""
        key = (writer.id, model.format, model.found.constructs)
        if key not in self._told:
            like_writer = self.like(writer)
            self._told[key] = [self._one(model, writer, like_writer, loader) for loader in self._loaders]
        return self._told[key]

    def _one(self, model: UserModel, writer: Environment, like_writer: str, loader: Environment) -> Prediction:
        if self._lies_between(loader, writer, self._environments.get(like_writer)):
            return Prediction(loader.id, NOT_KNOWN, missing=(f"what {writer.id} writes and {loader.id} reads",))
        place = (like_writer, model.format)
        if place not in self._predictors:
            self._predictors[place] = Predictor.from_data(self._data, *place)
        said = self._predictors[place].of(model.found.constructs, self._measured_for[loader.id])
        return replace(said, environment=loader.id)

    def _stand_in(self, loader: Environment) -> str:
        """A measured environment with the very Keras 3 of another one, which decides what loads; itself where there is none."""
        measured = self._data.writers
        keras = keras_of(loader)
        if loader.id in measured or keras is None or keras.major < KERAS_3_MAJOR:
            return loader.id
        same = [name for name in measured if name in self._environments and keras_of(self._environments[name]) == keras]
        return same[0] if same else loader.id

    @staticmethod
    def _lies_between(loader: Environment, writer: Environment, like_writer: Environment | None) -> bool:
        """Whether a loader lies between the writer and what stands for it.

        To those the file of one is newer and the file of the other is older, and that decides most of what happens.
        """
        if like_writer is None or like_writer.id == writer.id:
            return False
        ends = {version for version in (keras_of(writer), keras_of(like_writer)) if version is not None}
        keras = keras_of(loader)
        return keras is not None and len(ends) > 1 and min(ends) <= keras <= max(ends)
