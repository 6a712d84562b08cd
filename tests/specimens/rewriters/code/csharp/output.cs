namespace Face
{
    /// <summary>What a face shows.</summary>
    public class FaceAttributes
    {
        public int Age { get; set; }


        public double FaceScore { get; set; }
    }

    public enum FaceLabel { Age, Gender = 7 }
}
