"""Class names that come with Keras 2 or 3 (layers, models, initialisers, regularisers, constraints, policies).

Only files that name no modules need this: HDF5 and SavedModel of Keras 2. A name that is missing here makes a built-in
class look custom, so add it when one turns up.
"""

_NAMES = """
Model Functional Sequential InputLayer Input
Dense EinsumDense Activation Embedding Masking Lambda Identity Dropout Flatten Reshape Permute RepeatVector
ActivityRegularization SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout AlphaDropout
ReLU LeakyReLU PReLU ELU ThresholdedReLU Softmax
Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv1D
SeparableConv2D Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D
ZeroPadding3D LocallyConnected1D LocallyConnected2D
MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D GlobalAveragePooling1D
GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
BatchNormalization BatchNormalizationV1 BatchNormalizationV2 SyncBatchNormalization LayerNormalization UnitNormalization
GroupNormalization SpectralNormalization Normalization RMSNormalization
RNN SimpleRNN LSTM GRU LSTMV1 LSTMV2 GRUV1 GRUV2 CuDNNLSTM CuDNNGRU ConvLSTM1D ConvLSTM2D ConvLSTM3D SimpleRNNCell
LSTMCell GRUCell StackedRNNCells Bidirectional TimeDistributed Wrapper
Attention AdditiveAttention MultiHeadAttention GroupedQueryAttention GroupQueryAttention
Add Subtract Multiply Average Maximum Minimum Concatenate Dot
TextVectorization StringLookup IntegerLookup Hashing HashedCrossing Discretization CategoryEncoding Rescaling Resizing
CenterCrop RandomCrop RandomFlip RandomTranslation RandomRotation RandomZoom RandomHeight RandomWidth RandomContrast
RandomBrightness TFSMLayer TorchModuleWrapper FlaxLayer JaxLayer DenseFeatures
TFOpLambda SlicingOpLambda ClassMethod InstanceMethod InstanceProperty TensorFlowOpLayer AddLoss AddMetric Operation GetItem
Zeros Ones Constant RandomUniform RandomNormal TruncatedNormal VarianceScaling Orthogonal Identity GlorotUniform
GlorotNormal HeNormal HeUniform LecunNormal LecunUniform IdentityInitializer STFT
L1 L2 L1L2 OrthogonalRegularizer MaxNorm NonNeg UnitNorm MinMaxNorm RadialConstraint
Policy PolicyV1 DTypePolicy DTypePolicyMap FloatDTypePolicy QuantizedDTypePolicy LossScaleOptimizer DynamicLossScale
FixedLossScale TensorShape Tensor __keras_tensor__ __tuple__ __numpy__ __tensor__ __lambda__ __typespec__ TypeSpec
KerasHistory CompositeTensor Variable slice __ellipsis__ function
"""

BUILT_IN = frozenset(_NAMES.split())

_ACTIVATIONS = """
linear relu relu6 elu selu sigmoid hard_sigmoid hard_silu hard_swish hard_tanh hard_shrink tanh tanh_shrink softmax
log_softmax softplus softsign soft_shrink sparse_plus sparse_sigmoid sparsemax squareplus exponential gelu glu mish swish
silu log_sigmoid leaky_relu celu threshold
"""

ACTIVATIONS = frozenset(_ACTIVATIONS.split())
