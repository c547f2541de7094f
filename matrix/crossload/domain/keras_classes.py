"""Layers of Keras that are no public name of it: what adds a loss, what a version keeps to itself, what others derive from.

``tests/e2e/test_keras_classes.py`` lists every layer of Keras in the environments, and fails on one that is neither here nor
among the constructs.
"""

HIDDEN_LAYERS = frozenset({
    "AbstractRNNCell", "AddLoss", "AddMetric", "BaseAdaptiveAveragePooling", "BaseAdaptiveMaxPooling",
    "BaseAdaptivePooling", "BaseConv", "BaseConvTranspose", "BaseDenseAttention", "BaseDepthwiseConv",
    "BaseGlobalPooling", "BaseImageAugmentationLayer", "BaseImagePreprocessingLayer", "BasePooling",
    "BaseRandomLayer", "BaseSeparableConv", "BaseSpatialDropout", "BasicLSTMCell", "BasicRNNCell",
    "BatchNormalizationBase", "Bias", "CategoryCrossing", "ClassMethod", "CombinerPreprocessingLayer", "Conv",
    "ConvLSTM", "ConvLSTM2DCell", "ConvRNN", "ConvRNN2D", "CuDNNGRU", "CuDNNLSTM", "CustomScaleLayer", "DataLayer",
    "DenseFeatures", "DepthwiseConv", "DeviceWrapper", "Distiller", "DistributedCallbackModel", "DropoutWrapper",
    "Equalization", "FeatureSpace", "FlaxLayer", "FunctionalPreprocessingStage", "GlobalPooling1D", "GlobalPooling2D",
    "GlobalPooling3D", "IndexLookup", "InstanceMethod", "InstanceProperty", "JaxLayer", "Layer", "LayerRNNCell",
    "LayerScale", "LinearModel", "MaxNumBoundingBoxes", "MeanTensor", "Merge", "Metric", "Model", "ModuleWrapper",
    "MultiRNNCell", "PeepholeLSTMCell", "Pooling1D", "Pooling2D", "Pooling3D", "PreprocessingLayer",
    "PreprocessingStage", "PyMetric", "RNNCell", "Reduce", "Reduction", "ReloadedLayer", "ResidualWrapper",
    "STFTSpectrogram", "SensitivitySpecificityBase", "SeparableConv", "SequenceFeatures",
    "SharpnessAwareMinimization", "SmallSubclassMLP", "StochasticDepth", "SumOverBatchSize",
    "SumOverBatchSizeMetricWrapper", "SyncBatchNormalization", "TFDConcat", "TFDIdentity", "TFSMLayer",
    "TensorFlowOpLayer", "TorchModuleWrapper", "VariableScopeLayer", "WideDeepModel",
})  # fmt: skip
