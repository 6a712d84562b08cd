<?php
class FaceAttributes
{
    public int $age;
    public float $faceScore;

    const FIELDS = ['age', 'gender'];
}
