import Domain

/// Memory need of a model on a device: pure arithmetic on shape, layout and request.
public struct MemoryArithmetic: Sendable {
  private let shape: ModelShape
  private let layout: WeightLayout
  private let device: Device
  private let engine: Engine

  /// - Parameters:
  ///   - shape: the model's dimensions.
  ///   - layout: the bytes of one quantization.
  ///   - device: where it has to go.
  ///   - engine: what runs it.
  public init(shape: ModelShape, layout: WeightLayout, device: Device, engine: Engine = .llamaCpp) {
    self.shape = shape
    self.layout = layout
    self.device = device
    self.engine = engine
  }

  /// Below this a smaller context is no use to anybody.
  public static let smallestUsefulContext = 1024

  /// The batch that is tried when the wanted one does not fit.
  public static let smallBatch = 128

  /// The need as asked for, and the verdict: the first of the ways of `FitVerdict` that fits. A context beyond the one
  /// that the model was trained for counts as that one.
  public func estimate(_ wish: FitRequest) -> Estimate {
    FitSolver(shape: shape, request: wish, engine: engine).estimate(WeightSums(layout), on: device) {
      LayerStack(layout)
    }
  }

  /// The need with everything on the device.
  public func need(_ request: FitRequest) -> Estimate {
    FitSolver(shape: shape, request: request, engine: engine, isLimited: false).need(WeightSums(layout), on: device)
  }
}
